/**
 * From an unpacked `docker save` archive to images. Such an archive has no manifest as registries have it; one is made
 * of its parts, as they are: layers are not compressed anew, so the same archive always gives the same image.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { UdockerError } from '../../errors.ts';
import { formatOf } from '../../layers/decode/format.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { hexOf, parseDigest } from '../../oci/digest.ts';
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

/** The images of the archive whose `manifest.json` is `contents`. Throws INVALID, INTEGRITY. */
export function readDockerArchive(
  files: ArchiveFiles,
  contents: ArchiveFile,
  wished: WishedName | undefined,
): LoadableImage[] {
  return parseArchiveManifest(files.read(contents), files.origin).map((image) =>
    readImage(files, image, wished),
  );
}

function readImage(files: ArchiveFiles, image: ArchivedImage, wished: WishedName | undefined): LoadableImage {
  const configFile = files.require(image.config);
  checkName(files, image.config, configFile);
  const configText = Buffer.from(files.read(configFile)).toString('utf8');
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
      blob: descriptorOf(file, layerTypes[formatOf(Buffer.from(file.start, 'latin1'))]),
      file,
      ...(diffId === undefined ? {} : { diffId }),
    };
  });
  const config = descriptorOf(configFile, mediaTypes.dockerConfig);
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config,
    layers: layers.map(({ blob }) => blob),
  };
  const manifestBytes = new TextEncoder().encode(JSON.stringify(document));
  const digest = parseDigest(`sha256:${createHash('sha256').update(manifestBytes).digest('hex')}`);
  return {
    references: namesOf(image.repoTags, wished, digest, files.origin),
    manifest: { kind: 'manifest', mediaType: document.mediaType, config, layers: document.layers },
    manifestBytes,
    configText,
    parts: [{ blob: config, file: configFile }, ...layers],
  };
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
