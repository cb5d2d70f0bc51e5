/** Carries out the steps of a plan, one function each. */

import type { Step } from '../engines/engine.ts';
import { UdockerError } from '../errors.ts';
import { hostPath } from '../paths.ts';
import { lstat, makeDirectory } from '../system/files.ts';
import { pruneDirectory, removeTree, writeOnce } from '../system/run-files.ts';
import { makeMountPoint } from './mount-point.ts';

/** Carries out the steps in order. Throws STORAGE, naming the step that failed. */
export function carryOutSteps(steps: readonly Step[]): void {
  for (const step of steps) carryOut(step);
}

/** Carries out every step, also after one has failed; gives the failures back. */
export function carryOutAll(steps: readonly Step[]): UdockerError[] {
  return steps.flatMap((step) => {
    try {
      carryOut(step);
      return [];
    } catch (error) {
      if (error instanceof UdockerError) return [error];
      throw error;
    }
  });
}

function carryOut(step: Step): void {
  switch (step.do) {
    case 'make-directory':
      described(`making the directory ${step.path}`, () => makeDirectory(step.path, step.mode));
      break;
    case 'write-file':
      described(`writing ${step.path}`, () => writeOnce(step.path, step.content, step.mode));
      break;
    case 'make-mount-point':
      if (step.unlessThere !== true || lstat(hostPath(`${step.root}${step.target}`)) === undefined)
        makeMountPoint(step.root, step.target, step.kind, step.list);
      break;
    case 'prune-directory':
      described(`tidying ${step.path}`, () => pruneDirectory(step.path, step.keep));
      break;
    case 'remove':
      described(`removing ${step.path}`, () => removeTree(step.path));
      break;
  }
}

function described(what: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause;
    const hint = 'check free space and permissions there';
    throw new UdockerError('STORAGE', `${what}: ${cause.message}`, { cause, hint });
  }
}
