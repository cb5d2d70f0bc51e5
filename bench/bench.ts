/**
 * Where benchmarks take place: the built file and its peers run as the unprivileged account of the tests, on the
 * disk and on tmpfs, against Debian's docker-registry on loopback.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLab, type Result } from '../test/support/lab.ts';
import { debianTar, image, must, type OciImage } from '../test/support/oci-images.ts';
import { freePort, Workshop } from '../test/support/programs.ts';
import { splitTar } from '../test/support/tar-split.ts';

export interface PublishedImage extends OciImage {
  /** `127.0.0.1:PORT/bench/gcc:1`. */
  readonly reference: string;
  /** Where its layers can be fetched. */
  readonly urls: readonly string[];
  /** Of all layers, compressed. */
  readonly bytes: number;
}

export interface Bench {
  /** The executable under test. */
  readonly udocker: string;
  /** bench/engine/measure.c, compiled. */
  readonly measure: string;
  /** Directories of the account: one on disk, one on tmpfs (on disk too where there is none). */
  readonly disk: string;
  readonly memory: string;
  /** The same Debian with python3 and gcc in one layer and in eight. */
  readonly images: { readonly one: PublishedImage; readonly eight: PublishedImage };
  /** Runs a command as the account. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result>;
  /** The same, but throws when it fails; gives its output. */
  must(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

/** Prepares everything. The first time it makes the images (a minute or two); they are kept. */
export async function openBench(): Promise<Bench> {
  const shop = new Workshop();
  const lab = openLab();
  const memory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'udocker-bench-'));
  chownSync(memory, lab.uid, lab.gid);
  const measure = join(lab.directory, 'measure');
  must('gcc', '-O2', '-o', measure, join(import.meta.dir, 'engine/measure.c'));
  chmodSync(measure, 0o755);
  const run: Bench['run'] = (command, env = {}) => lab.run(command, { env, timeoutMs: 600_000 });
  const registry = await startRegistry(shop);
  return {
    udocker: lab.executable,
    measure,
    disk: lab.directory,
    memory,
    images: {
      one: publish(
        registry,
        '1',
        image('extract-debian-1', () => [debianTar()]),
      ),
      eight: publish(
        registry,
        '8',
        image('extract-debian-8', () => splitTar(debianTar(), 8)),
      ),
    },
    run,
    must: async (command, env) => {
      const { status, stdout, stderr } = await run(command, env);
      if (status !== 0) throw new Error(`${command.join(' ')}: status ${status}: ${stderr}`);
      return stdout;
    },
    close: async () => {
      await shop.close();
      rmSync(memory, { recursive: true, force: true });
      lab.close();
    },
  };
}

async function startRegistry(shop: Workshop): Promise<string> {
  const port = await freePort();
  const root = join(shop.directory, 'registry');
  mkdirSync(root);
  const file = join(shop.directory, 'registry.yml');
  // YAML may be JSON.
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: root } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(file, JSON.stringify(config));
  await shop.start('docker-registry', ['serve', file], port);
  return `127.0.0.1:${port}`;
}

function publish(registry: string, tag: string, local: OciImage): PublishedImage {
  const reference = `${registry}/bench/gcc:${tag}`;
  must(
    'skopeo',
    'copy',
    '-q',
    '--dest-tls-verify=false',
    `oci:${local.layout}:test`,
    `docker://${reference}`,
  );
  const descriptors = local.layers.flatMap(({ descriptor }) =>
    descriptor === undefined ? [] : [descriptor],
  );
  return {
    ...local,
    reference,
    urls: descriptors.map(({ digest }) => `http://${registry}/v2/bench/gcc/blobs/${digest}`),
    bytes: descriptors.reduce((sum, { size }) => sum + size, 0),
  };
}
