/**
 * Runs every check and every test, one stage after the other, and closes with what failed, each with what was
 * printed before it, and one line that adds them up: `N passed, N failed, N skipped`. Exits 1 when anything failed
 * or a stage ran no test at all.
 */
import { spawn } from 'node:child_process';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const bun = process.execPath;
const stages: readonly { name: string; command: readonly string[]; counts: boolean }[] = [
  { name: 'types, format, lint', command: ['make', '--no-print-directory', 'check'], counts: false },
  { name: 'build', command: ['make', '--no-print-directory', 'build'], counts: false },
  { name: 'build for aarch64', command: ['make', '--no-print-directory', 'build-aarch64'], counts: false },
  {
    name: 'native unit tests',
    command: ['make', '--no-print-directory', '-C', 'native', 'unit'],
    counts: true,
  },
  { name: 'unit tests', command: [bun, 'test', '--timeout', '60000', './src/'], counts: true },
  { name: 'tests across rooms', command: [bun, 'test', '--timeout', '180000', './test/'], counts: true },
  { name: 'native engine tests', command: ['sh', 'native/test/run.sh'], counts: true },
];

const only = process.argv.slice(2);
/** How many lines before that of a failure tell why it failed, about. */
const linesBefore = 40;
const failures: string[] = [];
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages.filter(({ name }) => only.length === 0 || only.includes(name))) {
  const started = Date.now();
  console.log(`\n== ${stage.name}: ${stage.command.slice(0, 4).join(' ')}`);
  const { status, output } = await run(stage.command);
  const counts = stage.counts ? count(output) : { passed: status === 0 ? 1 : 0, failed: 0, skipped: 0 };
  const ranNothing = counts.passed + counts.failed === 0;
  if (counts.failed === 0 && (status !== 0 || ranNothing)) counts.failed = 1;
  if (counts.failed > 0) failures.push(`== failed in ${stage.name}:`, ...whatFailed(output, status));
  console.log(`== ${stage.name}: ${line(counts)} (${Math.round((Date.now() - started) / 1000)} s)`);
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
}
if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
console.log(`\n${line(total)}`);
process.exit(total.failed === 0 ? 0 : 1);

function line({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Adds up the closing lines of `bun test` (` 3 pass`) and of our own runners (`3 passed, 0 failed, 1 skipped`). */
function count(output: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const match of output.matchAll(/^ *(\d+) (pass|fail|skip)$/gm))
    add(counts, Number(match[1]), match[2]);
  for (const match of output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)) {
    add(counts, Number(match[1]), 'pass');
    add(counts, Number(match[2]), 'fail');
    add(counts, Number(match[3] ?? 0), 'skip');
  }
  return counts;
}

/**
 * The lines that name a failed test (`(fail) name` of `bun test`, `not ok name` of our own runners) with those
 * before them; the end of the output when there is none.
 */
function whatFailed(output: string, status: number): string[] {
  const lines = output.trimEnd().split('\n');
  const named = lines.flatMap((text, at) => (/^\(fail\) |^not ok\b/.test(text) ? [at] : []));
  if (named.length === 0) return [...lines.slice(-linesBefore), `(status ${status})`];
  return named.flatMap((at, i) => lines.slice(Math.max((named[i - 1] ?? -1) + 1, at - linesBefore), at + 1));
}

function add(counts: Counts, n: number, what: string | undefined): void {
  if (what === 'pass') counts.passed += n;
  else if (what === 'fail') counts.failed += n;
  else counts.skipped += n;
}

function run(command: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        process.stdout.write(text);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}
