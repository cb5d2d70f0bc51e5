/**
 * Runs a container without the command line: the whole of specify, choose, plan, execute, told by one JSON file.
 * Compiled by the tests so that an unprivileged user can start it.
 */
import { readFileSync } from 'node:fs';
import { describeRun, prepareRun, runContainer } from '../../src/actions/run-container.ts';
import { parseMode } from '../../src/engines/modes.ts';
import { exitStatusOf, UdockerError } from '../../src/errors.ts';
import { exitCodeOf } from '../../src/execute/exit-status.ts';
import { emptyImageConfig } from '../../src/oci/image-config.ts';
import { hostPath } from '../../src/paths.ts';
import { parseEnvAssignment } from '../../src/run/parse-env.ts';
import { parseUser } from '../../src/run/parse-user.ts';
import { parseVolume } from '../../src/run/parse-volume.ts';
import { emptyRequest } from '../../src/run/request.ts';
import type { Job } from './run-job.ts';

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Job;
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
const container = {
  id: 'c0ffee00-1111-3222-8333-444455556666',
  names: ['lab'],
  ...(job.directory === undefined ? {} : { directory: hostPath(job.directory) }),
  root: hostPath(job.root),
  config: { ...emptyImageConfig, ...job.config },
};
const request = {
  ...emptyRequest,
  command: job.command,
  env: (job.env ?? []).map(parseEnvAssignment),
  volumes: (job.volumes ?? []).map(parseVolume),
  ...(job.user === undefined ? {} : { user: parseUser(job.user) }),
  ...job.request,
};
const settings = {
  engines: {
    binDirectory: hostPath('/nonexistent'),
    temporaryDirectory: hostPath('/tmp'),
    chosen: job.chosen ?? {},
    ...(job.nativeEngine === undefined ? {} : { nativeEngine: hostPath(job.nativeEngine) }),
  },
  defaults: {
    sysDirs: ['/dev', '/proc', '/sys', '/etc/resolv.conf', '/etc/host.conf', '/lib/modules'],
    driDirs: [],
    killOnExit: true,
  },
  env,
  ...(job.mode === undefined ? {} : { mode: parseMode(job.mode) }),
  stay: job.stay ?? false,
};
async function main(): Promise<void> {
  try {
    if (job.dryRun === true) {
      process.stdout.write(`${describeRun(await prepareRun(container, request, settings))}\n`);
      process.exit(0);
    }
    const status = await runContainer(container, request, settings, (event) => {
      if (event.kind === 'note') process.stderr.write(`note: ${event.text}\n`);
      if (event.kind === 'ignored') process.stderr.write(`ignored: ${event.feature}: ${event.reason}\n`);
    });
    process.exit(exitCodeOf(status));
  } catch (error) {
    const known = error instanceof UdockerError;
    process.stderr.write(
      known ? `error ${error.code}: ${error.message}\nhint: ${error.hint}\n` : `${(error as Error).stack}\n`,
    );
    process.exit(exitStatusOf(error, true));
  }
}
void main();
