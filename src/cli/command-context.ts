/** What a command's `run` is handed besides its input: all that actions need, and a way to show results. */
import type { ActionContext } from '../actions/context.ts';
import type { Command } from './command.ts';
import type { Console } from './console.ts';

export interface CommandContext extends ActionContext {
  readonly console: Console;
  /** The whole table, for `help`. */
  readonly commands: readonly Command[];
  readonly version: string;
}
