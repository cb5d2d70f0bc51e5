/** `--cpuset-cpus`: a list of CPU numbers and ranges, `0,2-3`. */
import { UdockerError } from '../errors.ts';

/** CPU numbers, ascending, each once. */
export type CpuList = readonly number[];

/** The kernel's own limit on CPU numbers (NR_CPUS at its largest). */
const limit = 8192;

/** Parses a list. Throws USAGE when it is malformed, empty, a range runs backwards or a number is absurd. */
export function parseCpuList(text: string): CpuList {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const first = Number(match?.[1]);
    const last = match?.[2] === undefined ? first : Number(match[2]);
    if (match === null || last < first || last >= limit) throw usage(text, part);
    for (let cpu = first; cpu <= last; cpu += 1) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

function usage(text: string, part: string): UdockerError {
  return new UdockerError('USAGE', `invalid CPU list ${JSON.stringify(text)}: ${JSON.stringify(part)}`, {
    hint: 'write numbers and ranges, for example --cpuset-cpus=0,2-3',
  });
}
