/**
 * Carrying out plans of a stand-in engine, /bin/sh: udocker becomes a transparent one, with signals as a fresh
 * program expects them; for one with teardown it stays, and tidies up whatever happened.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecPlan } from '../src/engines/engine.ts';
import { hostPath } from '../src/paths.ts';
import { withoutLibrarySignals } from './support/signals.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'udocker-execute-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const script = `
import { execute } from '${resolve('src/execute/execute.ts')}';
import { exitCodeOf } from '${resolve('src/execute/exit-status.ts')}';
const { plan, stay } = JSON.parse(process.env.JOB);
process.exit(exitCodeOf(await execute(plan, { stay })));
`;

function plan(command: string, more: Partial<ExecPlan> = {}): ExecPlan {
  return {
    engine: 'native',
    setup: [],
    command: {
      file: hostPath('/bin/sh'),
      args: ['-c', command],
      env: { PATH: '/usr/bin:/bin', ONLY: 'this' },
    },
    teardown: [],
    conduct: { kind: 'transparent' },
    ignored: [],
    ...more,
  };
}

async function run(job: { plan: ExecPlan; stay: boolean }, further: ('ignore' | number)[] = []) {
  const file = join(directory, 'execute.ts');
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file], {
    env: { PATH: '/usr/bin:/bin', JOB: JSON.stringify(job), ...(further.length > 0 ? { PMI_FD: '5' } : {}) },
    stdio: ['ignore', 'pipe', 'pipe', ...further],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { pid: child.pid, status, output };
}

test('udocker becomes a transparent engine, with its environment and default signals', async () => {
  const command =
    "echo $$; env | grep -v -e '^PWD=' -e '^_=' -e '^SHLVL='; grep -E '^Sig(Ign|Blk)' /proc/self/status; exit 9";
  const { pid, status, output } = await run({ plan: plan(command), stay: false });
  expect(withoutLibrarySignals(output)).toBe(
    `${pid}\nPATH=/usr/bin:/bin\nONLY=this\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n`,
  );
  expect(status).toBe(9);
});

test('it stays when something is to be done afterwards', async () => {
  const left = hostPath(join(directory, 'left'));
  const setup = [{ do: 'write-file', path: left, content: 'x', mode: 0o600 }] as const;
  const teardown = [{ do: 'remove', path: left }] as const;
  const { pid, status, output } = await run({
    plan: plan(`echo $$; cat ${left}; exit 9`, { setup, teardown }),
    stay: false,
  });
  expect([status, output.endsWith('\nx'), output.startsWith(`${pid}\n`), existsSync(left)]).toEqual([
    9,
    true,
    false,
    false,
  ]);
});

test('teardown happens although the engine cannot be started', async () => {
  const left = hostPath(join(directory, 'left'));
  const { status, output } = await run({
    plan: plan('', {
      setup: [{ do: 'write-file', path: left, content: 'x', mode: 0o600 }],
      teardown: [{ do: 'remove', path: left }],
      command: { file: hostPath('/nonexistent/engine'), args: [], env: {} },
    }),
    stay: false,
  });
  expect([status === 0, output.includes('/nonexistent/engine'), existsSync(left)]).toEqual([
    false,
    true,
    false,
  ]);
});

test('a descriptor that PMI_FD names reaches the program, whoever starts it', async () => {
  const file = join(directory, 'pmi');
  writeFileSync(file, 'hello\nagain\n');
  for (const stay of [false, true]) {
    const fd = openSync(file, 'r');
    const { output } = await run({ plan: plan('cat <&5'), stay }, ['ignore', 'ignore', fd]);
    closeSync(fd);
    expect(output).toBe('hello\nagain\n');
  }
});

test('CPU affinity is the program’s', async () => {
  const command = { ...plan('grep Cpus_allowed_list /proc/self/status').command, cpus: [0] };
  const { output } = await run({ plan: plan('', { command }), stay: false });
  expect(output).toBe('Cpus_allowed_list:\t0\n');
});
