/**
 * RunSpec -> config.json of the OCI runtime spec, for runtimes started without privileges: a user namespace
 * with one id, no cgroups, the host's network. The user's own rights on the host are the boundary; nothing here
 * pretends to isolate (so no masked paths and no seccomp profile to that end).
 * Source: OCI runtime spec 1.0, config.md and config-linux.md.
 */
import type { Mount, RunSpec } from '../run/run-spec.ts';

/** Errors (errno.h) by the names of the calls; a runtime passes over calls that a CPU does not have. */
export interface Refused {
  /** `uname -m`; one for which `canRefuse`. */
  readonly machine: string;
  readonly calls: Readonly<Record<string, number>>;
}

export interface OciOptions {
  /** The host's ids as the runtime sees them; 0 when it runs in a user namespace already. */
  readonly outer: { readonly uid: number; readonly gid: number };
  /** The ids of the process; the one id that is mapped. */
  readonly inner: { readonly uid: number; readonly gid: number };
  readonly mounts: readonly Mount[];
  /** A new procfs is refused in some containers; then the host's is bound, and the host's processes are seen. */
  readonly proc: 'new' | 'bind';
  /** Calls that shall fail for the process and all below it. */
  readonly refused?: Refused;
  readonly args: readonly string[];
  readonly env: RunSpec['process']['env'];
}

/** All capabilities of Linux 3.16 and later; they count only within the user namespace. */
const capabilities = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT ' +
  'SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL ' +
  'SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

/**
 * All that a CPU can run: calls of others would end the program. PRoot skips a call by a number that there is not,
 * which on x86_64 is one of x32.
 */
const architectures: Readonly<Record<string, readonly string[]>> = {
  x86_64: ['X86_64', 'X86', 'X32'],
  aarch64: ['AARCH64', 'ARM'],
};

/** Whether calls can be refused on this `uname -m`. */
export function canRefuse(machine: string): boolean {
  return architectures[machine] !== undefined;
}

function refusing({ machine, calls }: Refused): object {
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: architectures[machine]?.map((name) => `SCMP_ARCH_${name}`),
    syscalls: Object.entries(calls).map(([name, errnoRet]) => {
      return { names: [name], action: 'SCMP_ACT_ERRNO', errnoRet };
    }),
  };
}

interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** The parts of a RunSpec that the runtime is told directly. */
export interface OciSubject {
  readonly root: RunSpec['root'];
  readonly hostname: { readonly name: string };
  readonly process: Pick<RunSpec['process'], 'terminal' | 'terminalSize' | 'cwd'>;
}

/** The text of config.json. */
export function ociConfig(spec: OciSubject, options: OciOptions): string {
  const { inner, outer } = options;
  const size = spec.process.terminal ? spec.process.terminalSize : undefined;
  const granted = inner.uid === 0 ? capabilities : [];
  return JSON.stringify({
    ociVersion: '1.0.2',
    root: { path: spec.root },
    hostname: spec.hostname.name,
    process: {
      terminal: spec.process.terminal,
      ...(size === undefined ? {} : { consoleSize: { width: size.columns, height: size.rows } }),
      user: inner,
      args: options.args,
      env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
      cwd: spec.process.cwd,
      capabilities: {
        bounding: capabilities,
        effective: granted,
        permitted: granted,
        inheritable: [],
      },
      noNewPrivileges: false,
    },
    mounts: mountsOf(options),
    linux: {
      uidMappings: [{ containerID: inner.uid, hostID: outer.uid, size: 1 }],
      gidMappings: [{ containerID: inner.gid, hostID: outer.gid, size: 1 }],
      namespaces: ['user', 'mount', 'pid', 'ipc', 'uts'].map((type) => ({ type })),
      ...(options.refused === undefined ? {} : { seccomp: refusing(options.refused) }),
    },
  });
}

function mountsOf({ mounts, proc }: OciOptions): OciMount[] {
  const own = mounts.filter((mount) => !isSupplied(mount, mounts));
  return [
    ...(provides(mounts, '/proc') ? [] : [procMount(proc)]),
    ...(provides(mounts, '/dev') ? [] : bareDev),
    ...own.map(bind),
  ].sort((a, b) => a.destination.split('/').length - b.destination.split('/').length);
}

/** The runtime's own /proc takes the place of the host's; its own /dev has the usual devices already. */
function isSupplied(mount: Mount, mounts: readonly Mount[]): boolean {
  if (mount.origin !== 'system') return false;
  return mount.target === '/proc' || (mount.target.startsWith('/dev/') && !provides(mounts, '/dev'));
}

/** Whether the user (for /proc), or anybody (for /dev), brings `target`. */
function provides(mounts: readonly Mount[], target: '/proc' | '/dev'): boolean {
  return mounts.some((mount) => mount.target === target && (target === '/dev' || mount.origin !== 'system'));
}

function procMount(proc: 'new' | 'bind'): OciMount {
  return proc === 'new'
    ? { destination: '/proc', type: 'proc', source: 'proc', options: [] }
    : { destination: '/proc', type: 'none', source: '/proc', options: ['rbind'] };
}

const bareDev: readonly OciMount[] = [
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'nodev', 'mode=1777'] },
];

function bind({ source, target, readonly }: Mount): OciMount {
  const options = ['rbind', 'rprivate', readonly ? 'ro' : 'rw'];
  return { destination: target, type: 'none', source, options };
}
