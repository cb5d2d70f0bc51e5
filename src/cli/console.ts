/**
 * Where text goes. Results go to stdout and nothing else does; everything about them goes to stderr, one line
 * each with the word that scripts know: `Info:`, `Warning:`, `Error:`. How much of it depends on verbosity.
 */

/** What the command line needs of a terminal; `system/` has the real one, tests a recording one. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Columns of the terminal that stderr goes to. */
  readonly columns: () => Promise<number>;
  /** True when the standard input is a terminal: then questions may be asked. */
  readonly canAsk: boolean;
  readonly ask: (question: string, hidden: boolean) => Promise<string | undefined>;
  readonly readInput: () => string;
}

export interface Output {
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** Levels of `verbose_level`: what is shown at this level and above. */
export const verbosity = { results: 1, warnings: 2, info: 3, details: 4, debug: 5 } as const;

export interface Console {
  readonly terminal: Terminal;
  readonly verbosity: number;
  /** A result, on stdout; the line end is added. */
  print(line: string): void;
  /** A heading above results; left out with `-q`. */
  heading(line: string): void;
  info(message: string): void;
  detail(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
}

/** A console that writes to `terminal` what `level` allows. */
export function makeConsole(terminal: Terminal, level: number): Console {
  const toStderr = (needed: number, word: string) => (message: string) => {
    if (level >= needed) terminal.stderr.write(`${word}: ${message}\n`);
  };
  return {
    terminal,
    verbosity: level,
    print: (line) => terminal.stdout.write(`${line}\n`),
    heading: (line) => {
      if (level >= verbosity.info) terminal.stdout.write(`${line}\n`);
    },
    info: toStderr(verbosity.info, 'Info'),
    detail: toStderr(verbosity.details, 'Info'),
    warn: toStderr(verbosity.warnings, 'Warning'),
    debug: toStderr(verbosity.debug, 'Debug'),
  };
}
