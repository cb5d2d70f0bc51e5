/** Extracting archives in tests: a fresh directory with the root inside and a canary beside it. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApplyRequest, applyLayers } from '../../src/layers/apply-layers.ts';
import type { Layer, LayerReport } from '../../src/layers/layer.ts';
import { hostPath } from '../../src/paths.ts';

/** A directory that goes when the block ends (`using`). */
export class Sandbox {
  readonly path = hostPath(fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'udocker-layers-')));
  readonly root = hostPath('outside/root', this.path);
  readonly ownersFile = hostPath('owners', this.path);

  constructor() {
    fs.mkdirSync(this.root, { recursive: true });
    fs.writeFileSync(join(this.path, 'outside/canary'), 'alive');
  }

  /** Writes `bytes` as a blob. */
  blob(bytes: Buffer): Layer {
    const path = hostPath(`blob-${fs.readdirSync(this.path).length}`, this.path);
    fs.writeFileSync(path, bytes);
    return { path };
  }

  /** Applies archives, bottom first. */
  async apply(archives: readonly Buffer[], more: Partial<ApplyRequest> = {}): Promise<LayerReport> {
    const layers = archives.map((bytes) => this.blob(bytes));
    return await applyLayers({ layers, root: this.root, ownersFile: this.ownersFile, ...more });
  }

  /** What is below the root: path to description, such as `file 0644 hello`. */
  tree(): Record<string, string> {
    return describe(this.root);
  }

  /** Records of the owners file: path to `uid:gid mode`. */
  owners(): Record<string, string> {
    const words = fs.readFileSync(this.ownersFile, 'latin1').split('\0');
    if (words.shift() !== 'udocker-owners-1') throw new Error('no owners file');
    const records: Record<string, string> = {};
    for (let at = 0; at + 5 <= words.length; at += 5) {
      records[words[at] ?? ''] = `${words[at + 1]}:${words[at + 2]} ${words[at + 3]}`;
    }
    return records;
  }

  /** True while nothing beside the root was changed. */
  canaryLives(): boolean {
    const beside = fs.readdirSync(join(this.path, 'outside')).sort().join();
    return beside === 'canary,root' && fs.readFileSync(join(this.path, 'outside/canary'), 'utf8') === 'alive';
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

/** Everything below `root`, names one byte per character; contents longer than 40 bytes as a hash. */
export function describe(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (directory: Buffer, prefix: string): void => {
    for (const name of fs.readdirSync(directory, { encoding: 'buffer' }).sort(Buffer.compare)) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const shown = prefix + name.toString('latin1');
      found[shown] = node(path);
      if (fs.lstatSync(path).isDirectory()) walk(path, `${shown}/`);
    }
  };
  walk(Buffer.from(root), '');
  return found;
}

function node(path: Buffer): string {
  const stats = fs.lstatSync(path);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  if (stats.isSymbolicLink())
    return `symlink ${fs.readlinkSync(path, { encoding: 'buffer' }).toString('latin1')}`;
  if (stats.isDirectory()) return `directory ${mode}`;
  if (!stats.isFile()) return `${stats.isFIFO() ? 'fifo' : 'other'} ${mode}`;
  const content = fs.readFileSync(path);
  return `file ${mode} ${content.length <= 40 ? content.toString('latin1') : createHash('sha256').update(content).digest('hex')}`;
}
