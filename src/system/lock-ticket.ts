/**
 * Locks for file systems without flock (some network mounts) and runtimes that cannot ask for one. Whoever wants
 * the lock puts down a ticket, a file of its own beside the lock, and then looks for others: of two that come at
 * once at least one sees the other, takes its ticket back and tries later. No ticket is ever taken over, so
 * clearing those of dead processes needs no care: their names belong to one process alone.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, nameOf, parentOf, under } from '../paths.ts';
import { livenessOf, processName } from './process-identity.ts';

const heartbeatMs = 30_000;
/** A ticket of another host counts as abandoned when its heart has not beaten for so long. */
const abandonedMs = 600_000;
let counter = 0;

/** A ticket put down. */
export interface Ticket {
  readonly path: HostPath;
  /** Takes the ticket back. */
  release(): void;
}

export type LockMode = 'shared' | 'exclusive';

/**
 * Tries to put down a ticket for the lock `path`; undefined while another's stands against it. Throws the system
 * error when the directory cannot be written.
 */
export function tryTicket(path: HostPath, mode: LockMode): Ticket | undefined {
  counter += 1;
  const name = `${prefixOf(path, mode)}${processName()}~${counter}`;
  const own = under(parentOf(path), name);
  fs.writeFileSync(own, '', { flag: 'wx', mode: 0o644 });
  const arrived = fs.statSync(own).mtimeMs; // the clock of the file server, not ours
  if (liveTicketAgainst(path, mode, name, arrived)) {
    fs.rmSync(own, { force: true });
    return undefined;
  }
  return beating(own);
}

/** True when a ticket of a live process, other than `own`, stands against taking the lock in `mode`. */
export function liveTicketAgainst(
  path: HostPath,
  mode: LockMode,
  own?: string,
  now: number = Date.now(),
): boolean {
  const directory = parentOf(path);
  const against = (mode === 'shared' ? (['exclusive'] as const) : (['exclusive', 'shared'] as const)).map(
    (other) => prefixOf(path, other),
  );
  return fs
    .readdirSync(directory)
    .filter((name) => name !== own)
    .some((name) => {
      const prefix = against.find((start) => name.startsWith(start));
      return prefix !== undefined && stands(under(directory, name), name.slice(prefix.length), now);
    });
}

function prefixOf(path: HostPath, mode: LockMode): string {
  return `${nameOf(path)}.${mode}.`;
}

function stands(ticket: HostPath, owner: string, now: number): boolean {
  const liveness = livenessOf(owner);
  if (liveness === 'alive') return true;
  if (liveness === 'elsewhere' && now - (lastBeat(ticket) ?? 0) < abandonedMs) return true;
  removeIfAllowed(ticket);
  return false;
}

function lastBeat(ticket: HostPath): number | undefined {
  return fs.statSync(ticket, { throwIfNoEntry: false })?.mtimeMs;
}

/** Where we may not write, a dead ticket stays and goes on to be ignored. */
function removeIfAllowed(ticket: HostPath): void {
  try {
    fs.rmSync(ticket, { force: true });
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
  }
}

function beating(path: HostPath): Ticket {
  const heart = setInterval(() => {
    if (fs.existsSync(path)) fs.utimesSync(path, new Date(), new Date());
  }, heartbeatMs);
  heart.unref();
  return {
    path,
    release() {
      clearInterval(heart);
      fs.rmSync(path, { force: true });
    },
  };
}
