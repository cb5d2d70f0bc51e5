/** Waiting for a descriptor without being stuck in it: poll(2) through ffi. */
import { libcWith } from './libc.ts';

const libc = libcWith({ poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' } });

const POLLIN = 1;

/**
 * Waits up to `milliseconds` for `fd` to have something to read, or its end. False when there is nothing yet; true
 * also where this runtime cannot ask, so that the read itself waits.
 */
export function waitForInput(fd: number, milliseconds: number): boolean {
  const calls = libc();
  if (calls === undefined) return true;
  // struct pollfd: int fd; short events, revents. An error is left for the read to tell.
  const request = new Int32Array([fd, POLLIN]);
  return calls.poll(request, 1n, milliseconds) !== 0;
}
