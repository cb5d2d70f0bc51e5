/** `udocker doctor`. The mode comes first on a line, then `yes` or `no`. */
import type { EngineFinding, HostFindings, ModeFinding } from '../../actions/examine-host.ts';
import { command, option } from '../command.ts';
import { oneOf } from '../parsers.ts';
import { alignColumns } from '../table.ts';

export const doctor = command({
  name: 'doctor',
  group: 'Information',
  summary: 'Tell which execution modes work on this host, and what the others need',
  details: 'Every engine is tried with a small program. The status is 0 when at least one mode works.',
  positionals: {},
  options: { format: option('json', oneOf('json'), 'print one JSON object') },
  examples: ['udocker doctor', 'udocker doctor --format=json'],
  run: async ({ format }, context) => {
    const { examineHost, works } = await import('../../actions/examine-host.ts');
    const found = await examineHost(context);
    const { console } = context;
    if (format === 'json') console.print(JSON.stringify(found));
    else for (const line of report(found, works)) console.print(line);
    return found.modes.some(works) ? 0 : 1;
  },
});

function report(found: HostFindings, works: (mode: ModeFinding) => boolean): string[] {
  const rows = found.modes.map((each) => [
    each.mode,
    `${works(each) ? 'yes' : 'no'}${each.default ? ', default' : ''}`,
    each.summary,
  ]);
  const lines = alignColumns(rows, 2);
  return [
    `host: Linux ${found.kernel}, ${found.machine}, cgroups ${found.cgroups}`,
    `repository: ${found.repository}`,
    '',
    // One engine may stand twice for a mode, with and without rewriting.
    ...found.modes.flatMap(({ engines }, at) => [lines[at] ?? '', ...new Set(engines.flatMap(engineLines))]),
  ];
}

function engineLines({ engine, works, version, program, reason, hint }: EngineFinding): string[] {
  if (works) return [`      ${engine} ${version}: ${program}`];
  return [`      ${engine}: ${reason}`, ...(hint === undefined || hint === '' ? [] : [`        ${hint}`])];
}
