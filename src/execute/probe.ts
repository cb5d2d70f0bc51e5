/** The real window through which engines look at the machine. */
import type { Probe } from '../engines/engine.ts';
import { type HostPath, hostPath, parentOf, under } from '../paths.ts';
import { makeDirectory } from '../system/files.ts';
import { hostFiles, readBytesIfAllowed } from '../system/host.ts';
import { findExecutable, runForOutput } from '../system/processes.ts';
import { removeTree, writeOnce } from '../system/run-files.ts';

const probeEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
let scratches = 0;

/** Makes a probe that looks for programs in `path` and keeps scratch files below `runtimeDirectory`. */
export function realProbe(path: string, runtimeDirectory: HostPath): Probe {
  return {
    findExecutable: (name) => findExecutable(name, path),
    findDirectory(directory) {
      const real = hostFiles.realPath(hostPath(directory));
      return real !== undefined && hostFiles.lstat(real)?.kind === 'directory' ? real : undefined;
    },
    readHead: hostFiles.readHead,
    contains: (path, text) => readBytesIfAllowed(path)?.includes(text) ?? false,
    async withScratch(files, use) {
      scratches += 1;
      const directory = under(runtimeDirectory, `probe-${process.pid}-${scratches}`);
      try {
        makeDirectory(directory, 0o700);
        for (const [name, content] of Object.entries(files)) {
          const path = under(directory, name);
          makeDirectory(parentOf(path), 0o700);
          writeOnce(path, content, 0o600);
        }
        return await use(directory);
      } finally {
        removeTree(directory);
      }
    },
    run: (file, args, options = {}) =>
      runForOutput(file, args, { env: options.env ?? probeEnv, timeoutMs: options.timeoutMs ?? 10_000 }),
  };
}
