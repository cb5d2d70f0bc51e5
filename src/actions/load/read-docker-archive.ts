/**
 * From an unpacked `docker save` archive to images. Such an archive has no manifest as registries have it; one is made
 * of its parts, as they are: layers are not compressed anew, so the same archive always gives the same image.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { UdockerError } from '../../errors.ts';
import { type Format, formatOf } from '../../layers/decode/format.ts';
import { verifyLayers } from '../../layers/verify-layers.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, hexOf, parseDigest } from '../../oci/digest.ts';
import { type ArchivedImage, parseArchiveManifest } from '../../oci/docker-archive.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { type MediaType, mediaTypes } from '../../oci/media-type.ts';
import type { ArchiveFile, ArchiveFiles } from './archive-files.ts';
import type { LoadableImage, LoadablePart } from './archived-image.ts';
import { namesOf, type WishedName } from './name-image.ts';

const layerTypes = {
  plain: mediaTypes.dockerLayer,
  gzip: mediaTypes.dockerLayerGzip,
  zstd: mediaTypes.dockerLayerZstd,
} as const;

/** The images of the archive whose `manifest.json` is `contents`. Throws INVALID, INTEGRITY, INTERRUPTED. */
export async function readDockerArchive(
  files: ArchiveFiles,
  contents: ArchiveFile,
  wished: WishedName | undefined,
  signal: AbortSignal,
): Promise<LoadableImage[]> {
  const images: LoadableImage[] = [];
  for (const image of parseArchiveManifest(files.read(contents), files.origin)) {
    images.push(readImage(files, image, wished, await readConfig(files, image, signal)));
  }
  return images;
}

interface ConfigPart {
  readonly text: string;
  readonly part: LoadablePart;
}

async function readConfig(
  files: ArchiveFiles,
  image: ArchivedImage,
  signal: AbortSignal,
): Promise<ConfigPart> {
  const file = files.require(image.config);
  checkName(files, image.config, file);
  const text = Buffer.from(files.read(file)).toString('utf8');
  const given = { text, part: { blob: descriptorOf(file, mediaTypes.dockerConfig), file } };
  const { diffIds } = parseImageConfig(text, `in ${files.origin}`);
  const layers = image.layers.map((name) => files.find(name));
  // The first udocker took the digest of what it imported for its diff id, also when that was compressed.
  const wrong = layers.some((layer, at) => isCompressed(layer) && layer?.digest === String(diffIds[at]));
  return wrong ? repaired(text, layers, signal) : given;
}

function isCompressed(file: ArchiveFile | undefined): boolean {
  return file !== undefined && formatOfFile(file) !== 'plain';
}

/** The configuration with the diff ids that its layers have. */
async function repaired(
  text: string,
  files: readonly (ArchiveFile | undefined)[],
  signal: AbortSignal,
): Promise<ConfigPart> {
  const ids: (string | undefined)[] = [];
  await verifyLayers({
    layers: files.flatMap((file) => (file === undefined ? [] : [{ path: file.path }])),
    signal,
    tellDiffIds: true,
    report: (event) => {
      if (event.kind === 'layer-finished') ids[event.index] = event.diffId;
    },
  });
  const document = { ...(JSON.parse(text) as object), rootfs: { type: 'layers', diff_ids: ids } };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const blob = { mediaType: mediaTypes.dockerConfig, size: bytes.length, digest: digestOf(bytes) };
  return { text: JSON.stringify(document), part: { blob, file: undefined, bytes } };
}

function readImage(
  files: ArchiveFiles,
  image: ArchivedImage,
  wished: WishedName | undefined,
  { text: configText, part: configPart }: ConfigPart,
): LoadableImage {
  const { diffIds } = parseImageConfig(configText, `in ${files.origin}`);
  if (diffIds.length !== image.layers.length) {
    throw files.invalid(
      `it has ${image.layers.length} layers, but the configuration ${image.config} tells of ${diffIds.length}`,
    );
  }
  const layers = image.layers.map((name, index): LoadablePart => {
    const file = files.require(name);
    const diffId = diffIds[index];
    return {
      blob: descriptorOf(file, layerTypes[formatOfFile(file)]),
      file,
      ...(diffId === undefined ? {} : { diffId }),
    };
  });
  const config = configPart.blob;
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config,
    layers: layers.map(({ blob }) => blob),
  };
  const manifestBytes = new TextEncoder().encode(JSON.stringify(document));
  return {
    references: namesOf(image.repoTags, wished, digestOf(manifestBytes), files.origin),
    manifest: { kind: 'manifest', mediaType: document.mediaType, config, layers: document.layers },
    manifestBytes,
    configText,
    parts: [configPart, ...layers],
  };
}

function formatOfFile({ start }: ArchiveFile): Format {
  return formatOf(Buffer.from(start, 'latin1'));
}

function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

function descriptorOf({ digest, size }: ArchiveFile, mediaType: MediaType): Descriptor {
  return { mediaType, size, digest };
}

/** Every program names the configuration after its digest, which is the image's id. */
function checkName(files: ArchiveFiles, name: string, { digest }: ArchiveFile): void {
  const told = /([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  if (told === undefined || told === hexOf(digest)) return;
  throw new UdockerError(
    'INTEGRITY',
    `reading ${files.origin}: the configuration ${name} has the digest ${digest}`,
    { hint: 'the archive is damaged or was changed: save the image again' },
  );
}
