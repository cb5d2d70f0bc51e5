/** runc, started by an unprivileged user. It wants id 0 mapped, so with one mapped id everything runs as root. */
import type { Engine } from './engine.ts';
import { type OciOptions, planRuntime, type Runtime } from './oci.ts';
import { detectRuntime } from './oci-detect.ts';

const runtime: Runtime = {
  name: 'runc',
  outer: ({ uid, gid }) => ({ uid, gid }),
  wrap: (_found, _host, words) => words,
  globals: [],
  rootOnly: true,
  wantsConsole: true,
  resizes: true,
};

/** Makes the engine of modes R1 (no options), R2 and R3. */
export function runc(options: OciOptions = {}): Engine {
  return {
    name: 'runc',
    needs: [],
    detect: (host, probe) => detectRuntime(runtime, options, {}, host, probe),
    plan: (spec, found, host) => planRuntime(runtime, options, spec, found, host),
  };
}
