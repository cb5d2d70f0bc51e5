/** Errors become text here and nowhere else, once. */
import { isUdockerError, UdockerError } from '../errors.ts';
import type { Command } from './command.ts';
import { usageLine } from './help.ts';

export interface ErrorView {
  /** Show causes and stack. */
  readonly debug: boolean;
  /** The command that was being run or parsed. */
  readonly command?: Command;
}

/** The text for stderr: what failed, what to do next; for a bug, how to report it. Ends with a line end. */
export function errorText(error: unknown, view: ErrorView): string {
  if (!isUdockerError(error)) return bugText(error);
  if (error.code === 'INTERNAL') return bugText(error);
  const lines = [`Error: ${error.message}`];
  if (error.hint !== undefined) lines.push(`Hint: ${error.hint}`);
  if (error.code === 'USAGE') lines.push(...usageText(view.command));
  if (view.debug) lines.push(...causes(error), stackOf(error));
  return `${lines.join('\n')}\n`;
}

function usageText(command: Command | undefined): string[] {
  const help = command === undefined ? 'udocker help' : `udocker help ${command.name}`;
  return ['', `Usage: ${usageLine(command)}`, `See:   ${help}`];
}

/** Anything that is not ours is a bug: nothing else should get here unnamed. */
function bugText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`Error: internal error: ${message}`, ...causes(error), stackOf(error)];
  lines.push(
    'Hint: this is a bug in udocker; please report it with the lines above and the command you typed',
  );
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = causeOf(error); cause !== undefined && lines.length < 10; cause = causeOf(cause)) {
    const code = cause instanceof UdockerError ? `${cause.code}: ` : '';
    lines.push(`  caused by: ${code}${cause instanceof Error ? cause.message : String(cause)}`);
  }
  return lines;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .map((line) => `  ${line.trim()}`)
    .join('\n');
}
