/**
 * Writes images of the repository to one archive as `docker save` does, which docker, podman, skopeo and every udocker
 * load. Layers are stored as plain tars, whatever they are here; the same images always give the same bytes.
 */
import { createHash } from 'node:crypto';
import { isUdockerError, UdockerError } from '../errors.ts';
import type { NewMember } from '../layers/archive/write-members.ts';
import type { Layer } from '../layers/layer.ts';
import { verifyLayers } from '../layers/verify-layers.ts';
import { writeArchive } from '../layers/write-archive.ts';
import type { DiffId } from '../oci/digest.ts';
import { formatArchiveManifest } from '../oci/docker-archive.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { type HostPath, hostPath, parentOf } from '../paths.ts';
import type { StoredImage } from '../store/image-read.ts';
import { stat } from '../system/files.ts';
import { isPlainFile, standardOutput } from '../system/output-file.ts';
import type { ActionContext } from './context.ts';
import { requireImage } from './find-image.ts';
import { layerOf } from './image-layers.ts';
import { storeOf } from './open-store.ts';

export interface SaveRequest {
  readonly images: readonly string[];
  /** A file that does not exist yet, relative to the working directory or absolute; `-` for the standard output. */
  readonly output: string;
}

/**
 * Saves. Throws NOT_FOUND (an image, the directory of the file), CONFLICT (the file exists), INTEGRITY, INVALID,
 * STORAGE, INTERRUPTED; no file is left then.
 */
export async function saveImages(context: ActionContext, { images, output }: SaveRequest): Promise<void> {
  const path = outputPath(context, output);
  const store = storeOf(context);
  const entries = images.map((image) => requireImage(store, image));
  await store.blobs.hold(async () => {
    const saved: SavedImage[] = [];
    for (const entry of new Map(entries.map((each) => [each.text, each])).values()) {
      await addImage(context, saved, store.images.read(entry));
    }
    const { members, layers } = planArchive(saved);
    await writeArchive({ members, layers, output: path, signal: context.signal });
  });
}

/** Where the archive goes (host path). Throws as `saveImages`. */
function outputPath({ user }: ActionContext, output: string): HostPath {
  if (output === '-') return standardOutput;
  const path = hostPath(output, user.cwd);
  if (isPlainFile(path)) {
    throw new UdockerError('CONFLICT', `saving to ${path}: output file already exists`, {
      hint: 'remove it first, or choose another name',
    });
  }
  if (stat(parentOf(path))?.isDirectory() === true) return path;
  throw new UdockerError('NOT_FOUND', `saving to ${path}: there is no such directory`);
}

interface SavedLayer {
  readonly layer: Layer;
  readonly diffId: DiffId;
  /** Of the tar. */
  readonly size: number;
}

interface SavedImage {
  readonly configText: string;
  /** `name:tag`; several when tags stand for the same image. */
  readonly tags: string[];
  readonly layers: readonly SavedLayer[];
}

async function addImage(context: ActionContext, saved: SavedImage[], stored: StoredImage): Promise<void> {
  const layers = await measured(context, stored);
  const configText = configFor(stored, layers);
  const tags = tagsOf(context, stored);
  const same = saved.find((image) => image.configText === configText);
  if (same === undefined) saved.push({ configText, tags, layers });
  else same.tags.push(...tags);
}

/** The name as Docker would write it; none where it has none that other programs would accept. */
function tagsOf({ report }: ActionContext, { entry: { text } }: StoredImage): string[] {
  try {
    const reference = parseReference(text);
    if (reference.digest === undefined) return [formatReference(reference)];
  } catch (error) {
    if (!isUdockerError(error, 'USAGE')) throw error;
    report({ kind: 'warning', message: `${text} is saved without its name: ${error.message}` });
  }
  return [];
}

/** A header comes before its body, so the size of a tar must be known: compressed layers are read twice. */
async function measured(context: ActionContext, { layers }: StoredImage): Promise<SavedLayer[]> {
  const found: SavedLayer[] = [];
  const unknown: { readonly at: number; readonly layer: Layer }[] = [];
  for (const [at, stored] of layers.entries()) {
    const layer = layerOf(stored);
    const isPlain = stored.diffId !== undefined && String(stored.digest) === stored.diffId;
    if (isPlain && stored.diffId !== undefined)
      found[at] = { layer, diffId: stored.diffId, size: stored.size };
    else unknown.push({ at, layer });
  }
  await verifyLayers({
    layers: unknown.map(({ layer }) => layer),
    signal: context.signal,
    tellDiffIds: true,
    report: (event) => {
      const one = event.kind === 'layer-finished' ? unknown[event.index] : undefined;
      if (event.kind !== 'layer-finished' || one === undefined) return;
      const diffId = one.layer.diffId ?? event.diffId;
      if (diffId === undefined) throw new UdockerError('INTERNAL', 'a layer without a diff id');
      found[one.at] = { layer: { ...one.layer, diffId }, diffId, size: event.bytes };
    },
  });
  return found;
}

/** Images that the first udocker imported, and those of schema 1, do not tell their diff ids, or wrong ones. */
function configFor({ configText, layers }: StoredImage, measured: readonly SavedLayer[]): string {
  if (layers.every(({ diffId }) => diffId !== undefined)) return configText;
  const document = JSON.parse(configText) as object;
  const rootfs = { type: 'layers', diff_ids: measured.map(({ diffId }) => diffId) };
  return JSON.stringify({ ...document, rootfs });
}

interface ArchivePlan {
  readonly members: readonly NewMember[];
  readonly layers: readonly Layer[];
}

/**
 * Documents first, so that a reader knows early what is to come. Layers have a directory each, as in the first version
 * of the format, named after all that lies below too: images with the same lower layers share them. The first udocker
 * reads those directories, and wants a file in each.
 */
function planArchive(images: readonly SavedImage[]): ArchivePlan {
  const repositories: Record<string, Record<string, string>> = {};
  const documents = new Map<string, string>();
  const tars = new Map<string, SavedLayer>();
  const contents = images.map(({ configText, tags, layers }) => {
    const config = `${sha256(configText)}.json`;
    documents.set(config, configText);
    const { created = '1970-01-01T00:00:00Z', os, architecture } = JSON.parse(configText) as ConfigFacts;
    let parent = '';
    const names = layers.map((layer) => {
      const id = sha256(`${parent} ${layer.diffId}`);
      const facts = { id, ...(parent === '' ? {} : { parent }), created, os, architecture };
      documents.set(`${id}/VERSION`, '1.0');
      documents.set(`${id}/json`, JSON.stringify(facts));
      tars.set(`${id}/layer.tar`, layer);
      parent = id;
      return `${id}/layer.tar`;
    });
    for (const tag of tags) {
      const colon = tag.lastIndexOf(':');
      const name = tag.slice(0, colon);
      repositories[name] = { ...repositories[name], [tag.slice(colon + 1)]: parent };
    }
    return { config, repoTags: tags, layers: names };
  });
  return {
    members: [
      { kind: 'document', name: 'manifest.json', text: formatArchiveManifest(contents) },
      { kind: 'document', name: 'repositories', text: JSON.stringify(repositories) },
      ...[...documents].map(([name, text]) => ({ kind: 'document' as const, name, text })),
      ...[...tars].map(([name, { size }]) => ({ kind: 'layer' as const, name, size })),
    ],
    layers: [...tars.values()].map(({ layer }) => layer),
  };
}

interface ConfigFacts {
  readonly created?: string;
  readonly os?: string;
  readonly architecture?: string;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
