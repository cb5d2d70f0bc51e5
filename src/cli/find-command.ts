/** Looks a command up by what the user typed. */
import { nearestWord } from '../config/nearest-word.ts';
import { UdockerError } from '../errors.ts';
import type { Command } from './command.ts';

/** The command called `name`. Throws USAGE, with the name it might have been. */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const found = commands.find((one) => one.name === name);
  if (found !== undefined) return found;
  const meant = nearestWord(
    name,
    commands.map((one) => one.name),
  );
  throw new UdockerError('USAGE', `unknown command: ${name === '' ? '(empty)' : name}`, {
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  });
}
