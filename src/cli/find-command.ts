/** Looks a command up by what the user typed. */
import { nearestWord } from '../config/nearest-word.ts';
import { UdockerError } from '../errors.ts';
import type { Command, CommandEntry } from './command.ts';

/** The command called `name`. Throws USAGE, with the name it might have been. */
export async function findCommand(name: string, commands: readonly CommandEntry[]): Promise<Command> {
  const found = commands.find((one) => one.name === name);
  if (found !== undefined) return found.load();
  const meant = nearestWord(
    name,
    commands.map((one) => one.name),
  );
  throw new UdockerError('USAGE', `unknown command: ${name === '' ? '(empty)' : name}`, {
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  });
}

/** Every command of the table, loaded. */
export function loadCommands(commands: readonly CommandEntry[]): Promise<Command[]> {
  return Promise.all(commands.map(({ load }) => load()));
}
