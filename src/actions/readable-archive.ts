/** Archives in compressions that we do not read ourselves, xz and bzip2: a program of the host makes them plain. */
import { UdockerError } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';
import type { Store } from '../store/store.ts';
import { decompressFile } from '../system/decompress-program.ts';
import { removeFile, stat } from '../system/files.ts';
import { hostFiles } from '../system/host.ts';
import { standardInput } from '../system/read-file.ts';
import type { ActionContext } from './context.ts';

const programs = [
  { name: 'xz', package: 'xz-utils', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { name: 'bzip2', package: 'bzip2', magic: [0x42, 0x5a, 0x68] },
] as const;

/**
 * Hands `use` the archive at `source`, or where that is compressed with xz or bzip2 a plain copy, which is removed
 * afterwards. Call inside `store.blobs.hold`. Throws UNSUPPORTED (no program for it), INVALID (damaged), STORAGE,
 * INTERRUPTED, and what `use` throws.
 */
export async function withReadable<T>(
  context: ActionContext,
  store: Store,
  source: HostPath,
  use: (path: HostPath) => Promise<T>,
): Promise<T> {
  // What is no plain file can be read once only.
  const head =
    stat(source)?.isFile() === true && source !== standardInput ? hostFiles.readHead(source, 6) : undefined;
  const program = programs.find(({ magic }) => magic.every((byte, at) => head?.[at] === byte));
  if (program === undefined) return use(source);
  const plain = hostPath(`${store.blobs.stagingPrefix('plain')}0`);
  try {
    await decompress(context, program, source, plain);
    return await use(plain);
  } finally {
    removeFile(plain);
  }
}

async function decompress(
  { user, signal, report }: ActionContext,
  program: (typeof programs)[number],
  source: HostPath,
  plain: HostPath,
): Promise<void> {
  const { name } = program;
  report({ kind: 'debug', message: `decompressing ${source} with ${name}` });
  const result = await decompressFile(name, source, plain, { env: { ...user.env }, signal });
  switch (result.kind) {
    case 'done':
      return;
    case 'interrupted':
      throw new UdockerError('INTERRUPTED', `decompressing ${source} was interrupted`);
    case 'not-found':
      throw new UdockerError(
        'UNSUPPORTED',
        `reading ${source}: it is compressed with ${name}, and there is no ${name}`,
        {
          hint: `install ${program.package}, or compress it with gzip elsewhere`,
        },
      );
    case 'failed':
      throw failed(name, source, result.reason);
  }
}

function failed(name: string, source: HostPath, reason: string): UdockerError {
  const isDisk = /space|quota/i.test(reason);
  return new UdockerError(isDisk ? 'STORAGE' : 'INVALID', `decompressing ${source} with ${name}: ${reason}`, {
    hint: isDisk
      ? 'free some space, or choose another place with --repo=DIR or UDOCKER_DIR'
      : 'fetch it again',
  });
}
