/**
 * crun, started by an unprivileged user. It refuses hosts where a cgroup v1 tmpfs holds a `unified` mount with
 * controllers ("cgroups in hybrid mode not supported"), before it looks at --cgroup-manager. No option spares
 * that check, so there crun runs in a user and mount namespace of its own in which an empty tmpfs covers
 * `unified`: it then takes the host for cgroup v1, and with its manager disabled never touches cgroups.
 * Source: crun src/libcrun/cgroup.c, libcrun_cgroup_preenter.
 */
import type { HostPath } from '../paths.ts';
import type { Detection, Engine, HostFacts, Probe } from './engine.ts';
import { unavailable } from './find-program.ts';
import { type OciOptions, planRuntime, type Runtime } from './oci.ts';
import { detectRuntime } from './oci-detect.ts';

const cover = 'mount -t tmpfs -o size=4k tmpfs /sys/fs/cgroup/unified && exec "$@"';

const runtime: Runtime = {
  name: 'crun',
  outer: (host) => (host.cgroups === 'hybrid' ? { uid: 0, gid: 0 } : { uid: host.uid, gid: host.gid }),
  wrap: (found, host, words) => {
    const { unshare, sh } = found.helpers;
    if (host.cgroups !== 'hybrid' || unshare === undefined || sh === undefined) return words;
    return [unshare, '--user', '--map-root-user', '--mount', '--', sh, '-c', cover, 'sh', ...words];
  },
  globals: ['--cgroup-manager=disabled'],
  rootOnly: false,
  wantsConsole: false,
  // Up to 1.8 at least it has no handler for SIGWINCH.
  resizes: false,
};

/** Makes the engine of modes R1 (no options), R2 and R3. */
export function crun(options: OciOptions = {}): Engine {
  return {
    name: 'crun',
    needs: [],
    detect: (host, probe) => detect(options, host, probe),
    plan: (spec, found, host) => planRuntime(runtime, options, spec, found, host),
  };
}

async function detect(options: OciOptions, host: HostFacts, probe: Probe): Promise<Detection> {
  if (host.cgroups !== 'hybrid') return detectRuntime(runtime, options, {}, host, probe);
  const [unshare, sh] = [probe.findExecutable('unshare'), probe.findExecutable('sh')];
  if (unshare === undefined || sh === undefined) {
    return unavailable(
      'crun refuses hosts with hybrid cgroups unless unshare hides them',
      'install util-linux',
    );
  }
  const helpers: Record<string, HostPath> = { unshare, sh };
  return detectRuntime(runtime, options, helpers, host, probe);
}
