/** Connections that are kept after an exchange for the next one with the same host. */
import type { Connection } from './http-connection.ts';

/** So many may wait per host. */
const mostResting = 8;

export class Pool {
  readonly #resting = new Map<string, Connection[]>();
  readonly #busy = new Set<Connection>();

  /** A connection to `origin` that has rested and still lives. */
  take(origin: string): Connection | undefined {
    const resting = this.#resting.get(origin) ?? [];
    for (let one = resting.pop(); one !== undefined; one = resting.pop()) {
      if (one.idle) {
        one.use();
        this.#busy.add(one);
        return one;
      }
      one.destroy();
    }
    return undefined;
  }

  /** Notes a connection that was made for an exchange. */
  made(connection: Connection): void {
    this.#busy.add(connection);
  }

  /** After an exchange: keeps the connection if `reusable`, else closes it. Doing so twice is harmless. */
  give(origin: string, connection: Connection, reusable: boolean): void {
    if (!this.#busy.delete(connection)) return;
    const resting = this.#resting.get(origin) ?? [];
    if (!reusable || !connection.idle || resting.length >= mostResting) {
      connection.destroy();
      return;
    }
    connection.rest();
    this.#resting.set(origin, [...resting, connection]);
  }

  /** Closes all connections, also those in use. */
  close(): void {
    for (const connection of [...this.#busy, ...[...this.#resting.values()].flat()]) connection.destroy();
    this.#busy.clear();
    this.#resting.clear();
  }
}
