/** The real command line in this process, with a recorded terminal, a made-up user and files in memory. */
import type { Command } from '../../src/cli/command.ts';
import { commands as table } from '../../src/cli/commands/table.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { hostPath } from '../../src/paths.ts';

export interface FakeOptions {
  readonly commands?: readonly Command[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly home?: string;
  readonly uid?: number;
  /** Standard error is a terminal. */
  readonly terminal?: boolean;
  /** Answers to questions; without any there is nobody to ask. */
  readonly answers?: readonly string[];
  readonly input?: string;
  readonly signal?: AbortSignal;
}

export interface FakeResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Questions that were asked, those with hidden answers marked. */
  readonly questions: readonly string[];
}

/** Runs one command line and gives back what a user would have seen. */
export async function fakeCli(words: readonly string[], options: FakeOptions = {}): Promise<FakeResult> {
  const written = { stdout: '', stderr: '' };
  const questions: string[] = [];
  const answers = [...(options.answers ?? [])];
  const output = (name: 'stdout' | 'stderr') => ({
    isTerminal: options.terminal === true,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const status = await runCli({
    words,
    commands: options.commands?.map((one) => ({ name: one.name, load: async () => one })) ?? table,
    terminal: {
      stdout: output('stdout'),
      stderr: output('stderr'),
      columns: async () => 80,
      canAsk: answers.length > 0,
      ask: async (question, hidden) => {
        questions.push(hidden ? `${question}(hidden)` : question);
        return answers.shift();
      },
      readInput: () => options.input ?? '',
    },
    user: {
      uid: options.uid ?? 1000,
      gid: 1000,
      home: hostPath(options.home ?? '/home/u'),
      cwd: hostPath('/work'),
      env: options.env ?? {},
      interactive: false,
    },
    readText: (path) => options.files?.[path],
    version: '9.8.7',
    signal: options.signal ?? new AbortController().signal,
    releaseSignals: () => {},
  });
  return { status, ...written, questions };
}
