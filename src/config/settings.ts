/**
 * Every setting: its type, its default, and the variable of the environment that overrides it. The keys are
 * those of the first udocker, so that existing files work; a key that today's program has no use for is still
 * known, checked and shown. Nothing else lists settings: files, environment and `showconf` come from this table.
 */
import type { Literal } from './literal.ts';
import {
  boolean,
  choice,
  httpUrl,
  integer,
  optionalBoolean,
  optionalText,
  proxyUrl,
  type SettingType,
  table,
  text,
  wordLists,
  words,
  wordTable,
} from './setting-types.ts';

export interface Setting<T extends Literal> {
  readonly type: SettingType<T>;
  readonly initial: T;
  /** The variable that overrides files. */
  readonly env?: string;
}

/** The execution modes by the names that users know. */
export const modeNames = ['N1', 'N2', 'P1', 'P2', 'F1', 'F2', 'F3', 'F4', 'R1', 'R2', 'R3', 'S1'] as const;
export type ModeName = (typeof modeNames)[number];

const unbounded = Number.MAX_SAFE_INTEGER;
const mode = choice(modeNames);

export const settings = {
  verbose_level: setting(integer(0, 5), 3, 'UDOCKER_LOGLEVEL'),

  // Where things are. `homedir`, `topdir` and `tmpdir` depend on who runs the program: see load-config.ts.
  homedir: setting(optionalText, undefined),
  topdir: setting(optionalText, undefined, 'UDOCKER_DIR'),
  bindir: setting(optionalText, undefined, 'UDOCKER_BIN'),
  libdir: setting(optionalText, undefined, 'UDOCKER_LIB'),
  docdir: setting(optionalText, undefined, 'UDOCKER_DOC'),
  reposdir: setting(optionalText, undefined, 'UDOCKER_REPOS'),
  layersdir: setting(optionalText, undefined, 'UDOCKER_LAYERS'),
  containersdir: setting(optionalText, undefined, 'UDOCKER_CONTAINERS'),
  config: setting(text, 'udocker.conf'),
  keystore: setting(text, 'keystore', 'UDOCKER_KEYSTORE'),
  tmpdir: setting(optionalText, undefined, 'UDOCKER_TMP'),

  // The archive of third-party engines.
  tarball_release: setting(text, '1.2.11'),
  tarball: setting(
    text,
    'https://download.ncg.ingrid.pt/webdav/udocker/udocker-englib-1.2.11.tar.gz ' +
      'https://raw.githubusercontent.com/jorge-lip/udocker-builds/master/tarballs/udocker-englib-1.2.11.tar.gz',
    'UDOCKER_TARBALL',
  ),
  installinfo: setting(words, ['https://raw.githubusercontent.com/indigo-dc/udocker/master/messages']),
  installretry: setting(integer(0, 100), 3),
  autoinstall: setting(boolean, true),

  // How containers run.
  cmd: setting(words, ['bash', '-i']),
  root_path: setting(text, '/usr/sbin:/sbin:/usr/bin:/bin'),
  user_path: setting(text, '/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin'),
  sysdirs_list: setting(words, [
    '/dev',
    '/proc',
    '/sys',
    '/etc/resolv.conf',
    '/etc/host.conf',
    '/lib/modules',
  ]),
  dri_list: setting(words, ['/usr/lib64/dri', '/lib64/dri', '/usr/lib/dri', '/lib/dri']),
  mountpoint_prefixes: setting(words, ['/etc']),
  valid_host_env: setting(words, ['TERM', 'PATH', 'PROOT_TMP_DIR']),
  invalid_host_env: setting(words, ['VTE_VERSION']),
  cpu_affinity_exec_tools: setting(wordLists, [
    ['numactl', '-C', '%s', '--'],
    ['taskset', '-c', '%s'],
  ]),
  location: setting(text, ''),

  // Which engine, and its particulars.
  override_default_execution_mode: setting(mode, undefined, 'UDOCKER_DEFAULT_EXECUTION_MODE'),
  default_execution_modes: setting(table(mode), {}),
  use_proot_executable: setting(text, '', 'UDOCKER_USE_PROOT_EXECUTABLE'),
  use_patchelf_executable: setting(text, '', 'UDOCKER_USE_PATCHELF_EXECUTABLE'),
  use_runc_executable: setting(text, '', 'UDOCKER_USE_RUNC_EXECUTABLE'),
  use_singularity_executable: setting(text, '', 'UDOCKER_USE_SINGULARITY_EXECUTABLE'),
  proot_noseccomp: setting(optionalBoolean, undefined),
  proot_killonexit: setting(boolean, true),
  proot_link2symlink: setting(boolean, false),
  runc_nomqueue: setting(optionalBoolean, undefined),
  runc_capabilities: setting(words, [
    'CAP_KILL',
    'CAP_NET_BIND_SERVICE',
    'CAP_CHOWN',
    'CAP_DAC_OVERRIDE',
    'CAP_FOWNER',
    'CAP_FSETID',
    'CAP_SETGID',
    'CAP_SETUID',
    'CAP_SETPCAP',
    'CAP_NET_RAW',
    'CAP_SYS_CHROOT',
    'CAP_MKNOD',
    'CAP_AUDIT_WRITE',
    'CAP_SETFCAP',
  ]),
  singularity_options: setting(words, ['-w']),
  ld_so_cache: setting(text, '/etc/ld.so.cache'),
  fakechroot_so: setting(optionalText, undefined, 'UDOCKER_FAKECHROOT_SO'),
  fakechroot_expand_symlinks: setting(optionalBoolean, undefined, 'UDOCKER_FAKECHROOT_EXPAND_SYMLINKS'),
  fakechroot_cmd_subst: setting(
    text,
    '/sbin/ldconfig=#RETURN(TRUE)#:/usr/sbin/ldconfig=#RETURN(TRUE)#',
    'UDOCKER_FAKECHROOT_CMD_SUBST',
  ),
  fakechroot_libc: setting(optionalText, undefined, 'UDOCKER_FAKECHROOT_LIBC'),
  libc_search: setting(words, [
    '/usr/lib64/libc.so.[0-9]',
    '/usr/lib/x86_64-linux-gnu/libc.so.[0-9]',
    '/lib64/libc.so.[0-9]',
    '/usr/lib/libc.so.[0-9]',
    '/lib/libc.so.[0-9]',
    '/usr/libc.so.[0-9]',
    '/libc.so.[0-9]',
    '/libc.so',
  ]),
  lib_dirs_list_nvidia: setting(words, ['/usr/lib/x86_64-linux-gnu', '/usr/lib64']),
  lib_dirs_list_essential: setting(words, [
    '/lib/x86_64-linux-gnu',
    '/usr/lib/x86_64-linux-gnu',
    '/lib64',
    '/usr/lib64',
    '/lib',
    '/usr/lib',
  ]),
  lib_dirs_list_append: setting(words, ['.']),
  access_files: setting(words, [
    '/sys/class/infiniband',
    '/dev/open-mx',
    ...Array.from({ length: 10 }, (_, index) => `/dev/myri${index}`),
    '/dev/ipath',
    '/dev/kgni0',
    '/dev/mic/scif',
    '/dev/scif',
  ]),

  // The network. Times are in seconds.
  http_proxy: setting(proxyUrl, ''),
  timeout: setting(integer(1, unbounded), 12),
  download_timeout: setting(integer(1, unbounded), 1800),
  ctimeout: setting(integer(1, unbounded), 6),
  http_agent: setting(text, ''),
  http_insecure: setting(boolean, false),
  use_curl_executable: setting(text, '', 'UDOCKER_USE_CURL_EXECUTABLE'),
  dockerio_index_url: setting(httpUrl, 'https://hub.docker.com', 'UDOCKER_INDEX'),
  dockerio_registry_url: setting(httpUrl, 'https://registry-1.docker.io', 'UDOCKER_REGISTRY'),
  docker_registries: setting(wordTable, {
    'docker.io': ['https://registry-1.docker.io', 'https://hub.docker.com'],
  }),

  // NVIDIA files to copy from the host: names below /etc, of programs, of libraries, of devices.
  nvi_etc_list: setting(words, ['vulkan/icd.d/nvidia_icd.json', 'OpenCL/vendors/nvidia.icd']),
  nvi_bin_list: setting(words, [
    'nvidia-bug-report.sh',
    'nvidia-cuda-mps-control',
    'nvidia-cuda-mps-server',
    'nvidia-debugdump',
    'nvidia-installer',
    'nvidia-persistenced',
    'nvidia-settings',
    'nvidia-smi',
    'nvidia-uninstall',
    'nvidia-xconfig',
  ]),
  nvi_lib_list: setting(words, [
    'libOpenCL.',
    'libcuda.',
    'libnvcuvid.',
    'libnvidia-cfg.',
    'libnvidia-compiler.',
    'libnvidia-encode.',
    'libnvidia-fatbinaryloader.',
    'libnvidia-fbc.',
    'libnvidia-ifr.',
    'libnvidia-ml.',
    'libnvidia-opencl.',
    'libnvidia-ptxjitcompiler.',
    'libnvidia-tls.',
    'tls/libnvidia-tls.',
    // Newer than the list of the first udocker.
    'libcudadebugger.',
    'libnvidia-allocator.',
    'libnvidia-gpucomp.',
    'libnvidia-ngx.',
    'libnvidia-nvvm.',
    'libnvidia-opticalflow.',
    'libnvidia-pkcs11',
    'libnvoptix.',
  ]),
  nvi_dev_list: setting(words, ['/dev/nvidia']),
} as const;

export type SettingKey = keyof typeof settings;
/** The value of every setting, under its name in udocker.conf. */
export type Settings = {
  readonly [K in SettingKey]: (typeof settings)[K] extends Setting<infer T> ? T : never;
};

/** Every setting's name, in the order in which they are shown. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** True when `key` names a setting. */
export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(settings, key);
}

function setting<T extends Literal>(type: SettingType<T>, initial: NoInfer<T>, env?: string): Setting<T> {
  return { type, initial, ...(env === undefined ? {} : { env }) };
}
