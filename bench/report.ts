/** Figures and the goals they are held against, as Markdown. */
import type { Figures } from './measure.ts';

/** `row` should need at most `times` what `base` needs, plus `plus`, plus what `plusRow` needs. */
export interface Goal {
  readonly row: string;
  readonly figure: 'cpu' | 'wall' | 'peak';
  readonly base: string;
  /** 1 unless given. */
  readonly times?: number;
  /** Seconds or MiB; 0 unless given. */
  readonly plus?: number;
  readonly plusRow?: string;
  /** What the profile says, for a goal that is known not to be reached. */
  readonly why?: string;
}

/** One table; ratios are to its first row. */
export interface Section {
  readonly title: string;
  readonly method: string;
  readonly figures: readonly Figures[];
  readonly goals: readonly Goal[];
}

const words = { cpu: 'CPU', wall: 'wall', peak: 'memory' } as const;

/** The section with its goals, each with what was reached. */
export function sectionText({ title, method, figures, goals }: Section): string {
  return [
    `## ${title}`,
    '',
    method,
    '',
    ...table(figures),
    '',
    ...goals.flatMap((goal) => verdict(goal, figures)),
    '',
  ].join('\n');
}

/** Goals that the figures do not reach. */
export function missed({ figures, goals }: Section): readonly Goal[] {
  return goals.filter((goal) => {
    const { actual, most } = weigh(goal, figures);
    return !(actual <= most);
  });
}

function table(figures: readonly Figures[]): string[] {
  const [base] = figures;
  if (base === undefined) return [];
  if (Number.isNaN(base.cpu)) {
    const rows = figures.map(
      ({ name, peak, detail }) => `| ${name} | ${peak.toFixed(1)} | ${detail ?? ''} |`,
    );
    return ['| command | MiB | of these |', '|---|---|---|', ...rows];
  }
  return [
    '| command | CPU s | ratio | wall s | ratio | peak MiB |',
    '|---|---|---|---|---|---|',
    ...figures.map(
      ({ name, wall, cpu, peak }) =>
        `| ${name} | ${cpu.toFixed(3)} | ${ratio(cpu, base.cpu)} | ${wall.toFixed(3)} | ${ratio(wall, base.wall)} | ${peak.toFixed(1)} |`,
    ),
  ];
}

function ratio(value: number, base: number): string {
  return (value / base).toFixed(2);
}

function weigh({ row, figure, base, times = 1, plus = 0, plusRow }: Goal, figures: readonly Figures[]) {
  const of = (name: string): number => figures.find((one) => one.name === name)?.[figure] ?? Number.NaN;
  return { actual: of(row), most: of(base) * times + plus + (plusRow === undefined ? 0 : of(plusRow)) };
}

function verdict(goal: Goal, figures: readonly Figures[]): string[] {
  const { row, figure, base, times = 1, plus = 0, plusRow, why } = goal;
  const { actual, most } = weigh(goal, figures);
  if (Number.isNaN(actual) || Number.isNaN(most)) return [`- ${row}: not measured here.`];
  const more = plus === 0 ? '' : figure === 'peak' ? ` plus ${plus} MiB` : ` plus ${plus * 1000} ms`;
  const wanted = `${row}: ${words[figure]} at most ${times === 1 ? '' : `${times} x `}that of ${base}${more}${plusRow === undefined ? '' : ` plus that of ${plusRow}`}`;
  const factor = `${ratio(actual - plus, most - plus)} of what is allowed`;
  const got =
    plus === 0
      ? factor
      : figure === 'peak'
        ? `${(actual - most + plus).toFixed(1)} MiB more`
        : `${((actual - most + plus) * 1000).toFixed(1)} ms more`;
  if (actual <= most) return [`- reached: ${wanted} (${got}).`];
  return [`- **not reached**: ${wanted} (${got}).${why === undefined ? '' : ` ${why}`}`];
}
