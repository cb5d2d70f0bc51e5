/** `udocker images`. Nextflow looks for `^NAME:TAG\s`: the name comes first, blanks follow. */
import type { ImageListing } from '../../actions/list-images.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatBytes } from '../bytes-text.ts';
import { command, flag, option } from '../command.ts';
import { oneOf } from '../parsers.ts';
import { alignColumns } from '../table.ts';

export const images = command({
  name: 'images',
  group: 'Images',
  summary: 'List the images of the repository',
  positionals: {},
  options: {
    long: flag('show where each image is, and its blobs with their sizes', { short: 'l' }),
    platform: flag('show the platform in front', { short: 'p' }),
    format: option('json', oneOf('json'), 'print one JSON object per line'),
    noTrunc: flag('names are never cut', { compatible: true }),
    all: flag('all images are always shown', { short: 'a', compatible: true }),
  },
  examples: ['udocker images', 'udocker images -l', 'udocker images --format=json'],
  run: async ({ long, platform, format }, context) => {
    const { listImages } = await import('../../actions/list-images.ts');
    const found = await listImages(context, {
      platform: platform || format === 'json',
      blobs: long || format === 'json',
    });
    if (format === 'json') {
      for (const image of found) context.console.print(JSON.stringify(jsonOf(image)));
      return 0;
    }
    context.console.heading('REPOSITORY');
    const lines = alignColumns(
      found.map((image) => cells(image, platform)),
      platform ? 1 : 4,
    );
    for (const [index, image] of found.entries()) {
      context.console.print(lines[index] ?? '');
      if (long) for (const line of longLines(image)) context.console.print(line);
    }
    return 0;
  },
});

function cells(image: ImageListing, platform: boolean): string[] {
  const mark = image.protected ? 'P' : '.';
  if (!platform) return [image.name, mark];
  const text = image.platform === undefined ? 'unknown' : formatPlatform(image.platform);
  return [text.padEnd(18), mark, image.name];
}

function longLines(image: ImageListing): string[] {
  const blobs = image.blobs.map(({ name, size }) => `    /${name} (${megabytes(size)} MB)`);
  return [` ${image.directory}`, ...blobs];
}

/** As the first udocker counts: whole MiB, but 1 for anything that is not empty. */
function megabytes(bytes: number): number {
  return bytes === 0 ? 0 : Math.max(1, Math.floor(bytes / 1048576));
}

function jsonOf(image: ImageListing): unknown {
  const size = image.blobs.reduce((sum, blob) => sum + blob.size, 0);
  return {
    name: image.name,
    platform: image.platform === undefined ? null : formatPlatform(image.platform),
    protected: image.protected,
    directory: image.directory,
    size,
    sizeText: formatBytes(size),
    blobs: image.blobs,
  };
}
