/** `udocker search`. Names come first; with --list-tags one tag per line. */
import type { SearchResult } from '../../actions/search-images.ts';
import { UdockerError } from '../../errors.ts';
import { asText, command, flag, option, optional } from '../command.ts';
import { oneOf } from '../parsers.ts';
import { alignColumns } from '../table.ts';
import { registryOptions } from './registry-options.ts';

const usualLimit = 100;
const everything = 10_000;
const widestDescription = 70;

export const search = command({
  name: 'search',
  group: 'Registries',
  summary: 'Look for images in a registry, or list the tags of one',
  details:
    'Docker Hub and registries with an index search names and descriptions; of others those images are listed ' +
    'whose names have the word in them. HOST/WORD asks another registry.',
  positionals: { expression: optional('[HOST/]WORD', asText) },
  options: {
    listTags: flag('list the tags of the image WORD'),
    all: flag(`show all that is found, not only the first ${usualLimit}`, { short: 'a' }),
    noTrunc: flag('show descriptions whole'),
    format: option('json', oneOf('json'), 'print one JSON object per line'),
    ...registryOptions,
  },
  examples: [
    'udocker search busybox',
    'udocker search quay.io/biocontainers',
    'udocker search --list-tags busybox',
    'udocker search --registry=http://localhost:5000',
  ],
  run: async ({ expression = '', listTags, all, noTrunc, format, ...choice }, { console, ...context }) => {
    const { listImageTags, searchImages } = await import('../../actions/search-images.ts');
    if (listTags) {
      if (expression === '') throw new UdockerError('USAGE', 'search --list-tags: the image is missing');
      const tags = await listImageTags(context, expression, choice);
      for (const tag of tags) console.print(format === 'json' ? JSON.stringify({ tag }) : tag);
      return 0;
    }
    const limit = all ? everything : usualLimit;
    const found = await searchImages(context, { expression, limit, ...choice });
    if (format === 'json') for (const image of found) console.print(JSON.stringify(image));
    else for (const line of table(found, noTrunc)) console.print(line);
    if (found.length === usualLimit && !all) console.info('there may be more: see --all');
    return 0;
  },
});

function table(found: readonly SearchResult[], whole: boolean): string[] {
  if (found.every(({ stars }) => stars === undefined)) return found.map(({ name }) => name);
  const rows = found.map(({ name, official, description = '', stars = 0 }) => {
    const line = description.replace(/\s+/g, ' ').trim();
    return [name, official ? '[OK]' : '----', whole ? line : line.slice(0, widestDescription), String(stars)];
  });
  return alignColumns([['NAME', 'OFFICIAL', 'DESCRIPTION', 'STARS'], ...rows], 2);
}
