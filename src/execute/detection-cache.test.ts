import { afterAll, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleHost, scriptedProbe } from '../../test/support/run-spec-sample.ts';
import type { Engine, HostFacts } from '../engines/engine.ts';
import { modes } from '../engines/modes.ts';
import { hostPath } from '../paths.ts';
import { detectOnce } from './detection-cache.ts';

const directory = mkdtempSync(join(tmpdir(), 'udocker-detections-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const probe = scriptedProbe({}, []);
const program = join(directory, 'program');
const helper = join(directory, 'helper');
for (const path of [program, helper]) {
  writeFileSync(path, '');
  chmodSync(path, 0o755);
}

/** Counts how often it was asked. */
function engine(): Engine & { asked: number } {
  const engine = {
    asked: 0,
    name: 'proot' as const,
    needs: [],
    detect: async () => {
      engine.asked += 1;
      return {
        kind: 'available' as const,
        executable: hostPath(program),
        version: '1',
        features: new Set<never>(),
        helpers: { helper: hostPath(helper) },
        quirks: new Set<string>(),
      };
    },
    plan: () => {
      throw new Error('not planned here');
    },
  };
  return engine;
}

function hostWith(name: string): HostFacts {
  const home = join(directory, `host-${name}`);
  mkdirSync(join(home, 'bin'), { recursive: true });
  return { ...sampleHost, runtimeDirectory: hostPath(home), binDirectory: hostPath(join(home, 'bin')) };
}

/** How often the engine was asked in two detections with `between` in between. */
async function askedAround(name: string, between: (host: HostFacts) => HostFacts): Promise<number> {
  const host = hostWith(name);
  const asked = engine();
  await detectOnce(modes.P1, asked, host, probe);
  await detectOnce(modes.P1, asked, between(host), probe);
  return asked.asked;
}

test('an answer is remembered until something that made it changes', async () => {
  expect(await askedAround('same', (host) => host)).toBe(1);
  const later = new Date(Date.now() + 5000);
  expect(
    await askedAround('program', (host) => {
      utimesSync(program, later, later);
      return host;
    }),
  ).toBe(2);
  expect(
    await askedAround('helper', (host) => {
      utimesSync(helper, later, later);
      return host;
    }),
  ).toBe(2);
});

test('engines that come into the repository are seen at once, and another repository has its own', async () => {
  expect(
    await askedAround('install', (host) => {
      writeFileSync(join(host.binDirectory, 'proot-x86_64'), '');
      utimesSync(host.binDirectory, new Date(1), new Date(1));
      return host;
    }),
  ).toBe(2);
  expect(
    await askedAround('other', (host) => ({ ...host, binDirectory: hostPath(join(directory, 'elsewhere')) })),
  ).toBe(2);
});
