/**
 * node:os where it is needed. Loading it, and asking it for the first time, costs a run more than reading the same
 * facts in /proc.
 */
export function os(): typeof import('node:os') {
  return process.getBuiltinModule('node:os');
}
