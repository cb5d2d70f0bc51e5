/** Creating without asking first whether something is there: most of the time nothing is. */
import { isErrno } from '../../errors.ts';

/** Calls `make`; if the path is taken, calls `remove` and then `make` once more. */
export function place(make: () => void, remove: () => void): void {
  try {
    make();
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    remove();
    make();
  }
}
