/**
 * `udocker ps`. The id comes first, and names keep the form `['name']`: scripts look for it. The header stays
 * with -q: scripts skip the first line.
 */
import type { ContainerListing } from '../../actions/list-containers.ts';
import { formatLiteral } from '../../config/literal.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { command, flag, option } from '../command.ts';
import { oneOf } from '../parsers.ts';
import { alignColumns } from '../table.ts';

export const ps = command({
  name: 'ps',
  group: 'Containers',
  summary: 'List the containers',
  details:
    'P: protected or not (P or .). M: the root filesystem can be written (W) or only read (R), is missing (N) or ' +
    'not a directory (D).',
  positionals: {},
  options: {
    mode: flag('show the execution mode', { short: 'm' }),
    size: flag('show the size on disk in MB; reads the whole tree', { short: 's' }),
    platform: flag('show the platform', { short: 'p' }),
    format: option('json', oneOf('json'), 'print one JSON object per line'),
  },
  examples: ['udocker ps', 'udocker ps -m -s', 'udocker ps --format=json'],
  run: async ({ mode, size, platform, format }, context) => {
    const { listContainers } = await import('../../actions/list-containers.ts');
    const json = format === 'json';
    const found = await listContainers(context, { mode: mode || json, size, platform: platform || json });
    if (json) {
      for (const container of found) context.console.print(JSON.stringify(jsonOf(container)));
      return 0;
    }
    const header = ['CONTAINER ID', 'P', 'M', ...pick({ mode: 'MOD', size: 'SIZE', platform: 'PLATFORM' })];
    function pick(cells: Readonly<Record<'mode' | 'size' | 'platform', string>>): string[] {
      return [
        ...(mode ? [cells.mode] : []),
        ...(size ? [cells.size] : []),
        ...(platform ? [cells.platform] : []),
      ];
    }
    const rows = found.map((container) => [
      container.id,
      container.protected ? 'P' : '.',
      rootLetters[container.root],
      ...pick({
        mode: container.mode ?? '.',
        size: String(container.sizeInMb ?? 0),
        platform: container.platform === undefined ? 'unknown' : formatPlatform(container.platform),
      }),
      container.names.length === 0 ? '' : formatLiteral(container.names),
      container.image,
    ]);
    for (const line of alignColumns([[...header, 'NAMES', 'IMAGE'], ...rows])) context.console.print(line);
    return 0;
  },
});

const rootLetters = { writable: 'W', readonly: 'R', missing: 'N', 'not-a-directory': 'D' } as const;

function jsonOf(container: ContainerListing): unknown {
  return {
    id: container.id,
    names: container.names,
    image: container.image,
    mode: container.mode ?? null,
    platform: container.platform === undefined ? null : formatPlatform(container.platform),
    protected: container.protected,
    root: container.root,
    directory: container.directory,
    ...(container.sizeInMb === undefined ? {} : { sizeInMb: container.sizeInMb }),
  };
}
