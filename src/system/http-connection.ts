/**
 * One open connection as a source of bytes that are asked for. Larger pieces, as the kernel has them, go through
 * without a copy: receiving is a third of what a pull costs. Also in between exchanges it knows whether it still lives.
 */
import type { Socket } from 'node:net';

/** So many bytes may wait for the reader before the sender is held up. */
const enoughWaiting = 1 << 21;

export class Connection {
  /** The server ended it, it failed, or `destroy` was called. Pieces that came before can still be read. */
  ended = false;
  readonly #socket: Socket;
  #failure: Error | undefined;
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #wake: (() => void) | undefined;

  /** Takes `socket` over; it must be connected. */
  constructor(socket: Socket) {
    this.#socket = socket;
    const over = (): void => {
      this.ended = true;
      this.#wake?.();
    };
    socket
      .on('data', (piece: Uint8Array) => this.#arrived(piece))
      .on('end', over)
      .on('close', over)
      .on('error', (error) => {
        this.#failure ??= error;
        over();
      });
    socket.resume();
  }

  /** True when nothing has come that nobody asked for. */
  get idle(): boolean {
    return !this.ended && this.#pieces.length === 0;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** The next bytes; undefined at the end. Throws what ended the connection, if that was an error. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#pieces.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#pieces.shift();
    this.#waiting -= piece?.length ?? 0;
    if (this.#pieces.length === 0 && this.#socket.isPaused()) this.#socket.resume();
    return piece;
  }

  /** Gives back bytes that belong to what comes next. */
  unread(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.unshift(piece);
    this.#waiting += piece.length;
  }

  /** While nobody uses it, it does not keep the program alive. */
  rest(): void {
    this.#socket.unref();
  }

  use(): void {
    this.#socket.ref();
  }

  /** Closes it; whoever waits is told `why`. */
  destroy(why?: Error): void {
    this.#failure ??= why;
    this.ended = true;
    this.#socket.destroy();
    this.#wake?.();
  }

  #arrived(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#waiting += piece.length;
    if (this.#waiting >= enoughWaiting) this.#socket.pause();
    this.#wake?.();
  }
}
