/** A process to be killed, or to compete with others: does one thing with a repository and says how far it is. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { isUdockerError } from '../../src/errors.ts';
import { type HostPath, hostPath, under } from '../../src/paths.ts';
import { layoutUnder } from '../../src/store/layout.ts';
import { openStore } from '../../src/store/store.ts';
import { acquireLock } from '../../src/system/lock.ts';
import type { LockMode } from '../../src/system/lock-ticket.ts';
import { tryTicket } from '../../src/system/lock-ticket.ts';
import { becomeProgram } from '../../src/system/native-calls.ts';
import { blobOf, bytesOf, imageOf, pullInto, sourceOf } from './store.ts';

const [what, where = '', ...words] = process.argv.slice(2);
const say = (line: string): void => writeFileSync(1, `${line}\n`);
const store = (): ReturnType<typeof openStore> =>
  openStore(layoutUnder(hostPath(where)), { whenMissing: 'create', onEvent: (event) => say(event.kind) });
const forever = (): Promise<never> => new Promise(() => setInterval(() => undefined, 1000));

switch (what) {
  case 'lock': {
    const lock = await acquireLock(hostPath(where), words[0] as LockMode);
    say(lock === undefined ? 'unavailable' : 'locked');
    await forever();
    break;
  }
  case 'ticket':
    say(tryTicket(hostPath(where), words[0] as LockMode) === undefined ? 'busy' : 'locked');
    await forever();
    break;
  case 'run': {
    // The way of `run`: lock, then become the program.
    const repository = store();
    repository.containers.lockForRun(repository.containers.require(words[0] ?? ''));
    becomeProgram(hostPath('/bin/sh'), ['sh', '-c', 'echo running; exec sleep 60'], {
      PATH: '/usr/bin:/bin',
    });
    break;
  }
  case 'put': {
    const [seed = '', size = '0', delay = '0'] = words;
    const bytes = bytesOf(seed, Number(size));
    const source = sourceOf([bytes], { delayMs: Number(delay), chunkBytes: 100_000 });
    const half = bytes.length / 2;
    let reported = false;
    const how = await store().blobs.put(blobOf(bytes), source, (done) => {
      if (!reported && done >= half) say('half');
      reported ||= done >= half;
    });
    say(`${how} ${source.opened.length}`);
    break;
  }
  case 'create': {
    const [name = '', count = '0', delay = '0'] = words;
    const repository = store();
    try {
      const { id } = await repository.containers.create(
        { image: 'lab/x:latest', configText: '{}', name: name === '-' ? undefined : name },
        async ({ root }) => {
          for (let i = 0; i < Number(count); i += 1) await fill(root, i, Number(delay));
        },
      );
      say(`created ${id}`);
    } catch (error) {
      if (!isUdockerError(error)) throw error;
      say(`failed ${error.code}`);
    }
    break;
  }
  case 'churn': {
    // Pulls an image of its own that shares a layer with others, and removes it, again and again.
    const [seed = '', rounds = '1'] = words;
    const repository = store();
    for (let round = 0; round < Number(rounds); round += 1) {
      const image = imageOf(bytesOf('shared', 200_000), bytesOf(`${seed}-${round}`, 50_000));
      await pullInto(repository, `lab/churn:${seed}`, image);
      const read = repository.images.read(`lab/churn:${seed}`);
      if (read.layers.length !== 2) throw new Error('a layer is missing');
      if (round % 2 === 1) await repository.images.remove(`lab/churn:${seed}`);
    }
    say('done');
    break;
  }
  default:
    throw new Error(`unknown: ${what}`);
}

async function fill(root: HostPath, i: number, delayMs: number): Promise<void> {
  mkdirSync(under(root, `d${i}`));
  writeFileSync(under(root, `d${i}`, 'file'), 'x');
  if (i === 3) say('building');
  await new Promise((done) => setTimeout(done, delayMs));
}
