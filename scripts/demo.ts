/**
 * Shows the tool at work on any machine: an embedded registry on loopback, a small image made from what the machine
 * has, then pull, create and run as an unprivileged user, each command shown with its output. Ends with status 1
 * when a command does not do what it should.
 */

import { type BuiltImage, buildHostImage } from '../test/support/host-image.ts';
import { openLab } from '../test/support/lab.ts';
import { type RegistryServer, startRegistry } from '../test/support/registry-server.ts';

const registry = await startRegistry();
const lab = openLab();
let failures = 0;
try {
  console.log(
    `A registry listens on ${registry.host}; publishing an image made from this machine's programs ...`,
  );
  publish(registry, 'demo/hello', '1', buildHostImage());
  const image = `${registry.host}/demo/hello:1`;
  console.log(`What follows runs as uid ${lab.uid}, in the empty home ${lab.home}.`);
  await show(['version'], /^version: /);
  await show(['pull', image], /^$/);
  await show(['images'], /demo\/hello:1/);
  await show(['create', '--name=hi', image], /^[0-9a-f-]{36}\n$/);
  await show(['ps'], /\['hi'\]/);
  await show(['run', 'hi'], /^Hello from inside the container: uid 0, machine \S+, argument world\n$/);
  await show(
    [
      'run',
      '--user=guest',
      '-e',
      'GREETING=hi',
      'hi',
      'sh',
      '-c',
      'echo "$GREETING from $(id -un)"; cat /etc/os-release; ls /',
    ],
    /^hi from guest\nNAME="Hello Linux"\n/,
  );
  await show(
    ['run', '-v', `${lab.home}:/data`, 'hi', 'sh', '-c', 'echo written inside > /data/result'],
    /^$/,
  );
  console.log(`\n$ cat ${lab.home}/result`);
  await expectOutput(['cat', `${lab.home}/result`], /^written inside\n$/, 0);
  await show(['run', 'hi', 'sh', '-c', 'exit 42'], /^$/, 42);
  await show(['rm', 'hi'], /^$/);
  await show(['rmi', image], /^$/);
} finally {
  lab.close();
  await registry.close();
}
console.log(
  failures === 0 ? '\nThe demo did what it should.' : `\n${failures} commands did not do what they should.`,
);
process.exit(failures === 0 ? 0 : 1);

function publish(server: RegistryServer, repository: string, tag: string, image: BuiltImage): void {
  for (const blob of image.blobs.values()) server.putBlob(blob);
  server.putManifest(repository, tag, image.manifest, image.mediaType);
}

async function show(args: readonly string[], output: RegExp, status = 0): Promise<void> {
  console.log(`\n$ udocker ${args.map(quote).join(' ')}`);
  await expectOutput([lab.executable, ...args], output, status);
}

/** Runs `command`, prints what it prints, and notes when output or status are not as expected. */
async function expectOutput(command: readonly string[], output: RegExp, status: number): Promise<void> {
  const result = await lab.run(command);
  process.stdout.write(result.stderr + result.stdout);
  if (status !== 0 && result.status === status) console.log(`(exit status ${status})`);
  if (result.status === status && output.test(result.stdout)) return;
  failures += 1;
  console.log(
    `!! expected exit status ${status} and output like ${output}, got exit status ${result.status}`,
  );
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
