/** What stays in memory beside the program while a container runs. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Bench } from './bench.ts';
import type { Figures } from './measure.ts';
import { workingModes } from './modes.ts';
import type { Goal, Section } from './report.ts';

const container = 'first';
/** Starts `sleep` in every mode, with and without udocker, and adds up what else is there. */
export async function benchMemory(bench: Bench, repository: string): Promise<Section> {
  const figures: Figures[] = [];
  const goals: Goal[] = [];
  // Nobody else's sleep takes as long.
  const program = ['/bin/sleep', `30.${process.pid}`];
  for (const mode of await workingModes(bench, repository, container, program)) {
    const ours = await whileRunning(
      bench,
      [bench.udocker, '-q', 'run', container, ...program],
      mode.env,
      program,
    );
    const alone = await whileRunning(bench, mode.bare.command, mode.bare.env, program);
    const rows = [
      row(`${mode.engine} alone, ${mode.name}`, alone),
      row(`udocker run, ${mode.name}`, ours),
    ] as const;
    figures.push(...rows);
    goals.push({ row: rows[1].name, figure: 'peak', base: rows[0].name, plus: 1 });
  }
  return {
    title: 'Memory while a container sleeps',
    method: 'Resident memory of every process that stays beside the program. Goal: the engine alone.',
    figures,
    goals,
  };
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly words: string;
  /** Resident. */
  readonly mib: number;
  /** Of these, not pages of files, which all processes that use the file share. */
  readonly own: number;
}

function row(name: string, processes: readonly Process[]): Figures {
  const one = ({ name, mib, own }: Process): string => `${name} ${mib.toFixed(1)} (own ${own.toFixed(1)})`;
  const detail = processes.map(one).join(', ') || 'nothing';
  const peak = processes.reduce((sum, { mib }) => sum + mib, 0);
  return { name, wall: Number.NaN, cpu: Number.NaN, peak, detail };
}

/** The processes beside the program, once it runs; then it is ended. */
async function whileRunning(
  bench: Bench,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  program: readonly string[],
): Promise<Process[]> {
  const ended = bench.run(command, env);
  const isProgram = ({ name, words }: Process): boolean => name === 'sleep' && words === program.join(' ');
  const deadline = Date.now() + 10_000;
  while (!allProcesses().some(isProgram)) {
    if (Date.now() > deadline) throw new Error(`${command.join(' ')} did not start ${program.join(' ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Engines and udocker come to rest.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const family = familyOf(allProcesses(), process.pid);
  const sleeper = family.find(isProgram);
  if (sleeper !== undefined) process.kill(sleeper.pid, 'SIGKILL');
  await ended;
  return family.filter((one) => !isProgram(one));
}

/** What descends from `top`, except docker-registry. */
function familyOf(all: readonly Process[], top: number): Process[] {
  const children = all.filter(({ parent, name }) => parent === top && name !== 'docker-registry');
  return children.flatMap((child) => [child, ...familyOf(all, child.pid)]);
}

function allProcesses(): Process[] {
  return readdirSync('/proc').flatMap((entry) => (/^\d+$/.test(entry) ? (look(Number(entry)) ?? []) : []));
}

function look(pid: number): Process | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const mib = (name: string): number => Number(field(name)) / 1024;
    return {
      pid,
      parent: Number(field('PPid')),
      name: field('Name'),
      words,
      mib: mib('VmRSS'),
      own: mib('RssAnon'),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined; // it ended meanwhile
    throw error;
  }
}
