/**
 * The three standard streams, as plain descriptors. `process.stdout` is not used: setting it up costs as much
 * as the rest of `udocker version`, and its writes may be lost at exit when the other end is a pipe.
 */
import * as fs from 'node:fs';
import { isErrno, UdockerError } from '../errors.ts';

/** A stream for text to people or programs. */
export class TerminalOutput {
  private gone = false;
  constructor(private readonly fd: number) {}

  /** True when a person looks at it. */
  get isTerminal(): boolean {
    return isTerminal(this.fd);
  }

  /**
   * Writes all of `text` before it returns. When nobody reads any more, nothing happens: `| head` is no
   * error. Throws STORAGE for a full disk and the like, but never on the stream for errors.
   */
  write(text: string): void {
    if (this.gone) return;
    // The first Buffer of a process costs more than all else that `udocker ps` does with its table.
    let rest = /[\u0080-\uffff]/.test(text) ? Buffer.from(text, 'utf8') : text;
    while (rest.length > 0) {
      const done = this.writeSome(rest);
      rest = typeof rest === 'string' ? rest.slice(done) : rest.subarray(done);
    }
  }

  /** How many bytes were written; of a text, which is ASCII, also how many characters. */
  private writeSome(bytes: Uint8Array | string): number {
    try {
      return typeof bytes === 'string' ? fs.writeSync(this.fd, bytes) : fs.writeSync(this.fd, bytes);
    } catch (error) {
      // A descriptor shared with a program that made it non-blocking: wait until the reader has caught up.
      if (isErrno(error, 'EAGAIN')) return pause(5);
      if (isErrno(error, 'EPIPE', 'EIO', 'EBADF')) {
        this.gone = true;
        return bytes.length;
      }
      // Of the errors' own stream nothing can be said anywhere.
      if (this.fd === 2) return bytes.length;
      throw cannotWrite(error);
    }
  }
}

/** Lost output must not look like success. */
function cannotWrite(cause: unknown): UdockerError {
  const full = isErrno(cause, 'ENOSPC', 'EDQUOT');
  const why = full ? 'no space left on the device' : cause instanceof Error ? cause.message : String(cause);
  return new UdockerError('STORAGE', `writing the output: ${why}`, {
    hint: full
      ? 'free some space there, or send the output somewhere else'
      : 'send the output somewhere else',
    cause,
  });
}

/** The terminal's width in columns; 80 when it is unknown. Loads node:tty. */
export async function terminalColumns(fd = 2): Promise<number> {
  if (!isTerminal(fd)) return 80;
  const { WriteStream } = await import('node:tty');
  const [columns] = new WriteStream(fd).getWindowSize();
  return columns || 80;
}

/** Everything on the standard input, until its end. Throws the kernel's errors but for a closed descriptor: ''. */
export function readAllInput(): string {
  try {
    return fs.readFileSync(0, 'utf8');
  } catch (error) {
    if (isErrno(error, 'EBADF')) return '';
    throw error;
  }
}

/**
 * Asks on the terminal and reads one line; with `hidden`, what is typed is not shown. Undefined at the end of
 * the input (Ctrl-D) and on Ctrl-C.
 */
export async function askLine(question: string, hidden: boolean): Promise<string | undefined> {
  const { createInterface } = await import('node:readline');
  const { Writable } = await import('node:stream');
  fs.writeSync(2, question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = hidden ? nowhere : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: isTerminal(0) });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
      lines.once('SIGINT', () => lines.close());
    });
    if (hidden || answer === undefined) fs.writeSync(2, '\n');
    return answer;
  } finally {
    lines.close();
  }
}

/** True when the descriptor is a terminal of the usual kinds. */
export function isTerminal(fd: number): boolean {
  return looksLikeTerminal(fd) ?? false;
}

/**
 * Told by the number of the device: consoles and pseudo-terminals are terminals, `/dev/null` and its like are none.
 * Undefined for any other character device, such as a serial line. Source: Documentation/admin-guide/devices.txt.
 */
export function looksLikeTerminal(fd: number): boolean | undefined {
  try {
    const stats = fs.fstatSync(fd);
    if (!stats.isCharacterDevice()) return false;
    const major = stats.rdev >> 8;
    if (major === 4 || major === 5 || (major >= 136 && major <= 143)) return true;
    return major === 1 ? false : undefined;
  } catch (error) {
    if (isErrno(error, 'EBADF')) return false;
    throw error;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));
function pause(milliseconds: number): 0 {
  Atomics.wait(sleeper, 0, 0, milliseconds);
  return 0;
}
