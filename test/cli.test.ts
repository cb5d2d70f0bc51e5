/** The command line as a user meets it: grammar, help, errors, configuration, without any action behind it. */
import { describe, expect, test } from 'bun:test';
import {
  any,
  asText,
  type Command,
  command,
  flag,
  list,
  longName,
  one,
  option,
  optionNames,
} from '../src/cli/command.ts';
import { commands as table } from '../src/cli/commands/table.ts';
import { loadCommands } from '../src/cli/find-command.ts';
import { commandHelp, globalHelp } from '../src/cli/help.ts';
import { withHelp } from '../src/cli/interpret.ts';
import { UdockerError } from '../src/errors.ts';
import { type FakeOptions, fakeCli } from './support/fake-cli.ts';

const commands = await loadCommands(table);

/** Prints its input as JSON: what a command receives. */
const echo = command({
  name: 'echo',
  group: 'Information',
  summary: 'Print the input',
  positionals: { first: one('FIRST', asText), rest: any('REST', asText) },
  options: {
    count: option('N', Number, 'a number', { short: 'n' }),
    tag: list('T', asText, 'tags', { short: 't' }),
    loud: flag('a flag', { short: 'l' }),
    old: flag('something old', { ignored: 'it is old' }),
  },
  examples: ['udocker echo x'],
  run: async (input, { console }) => {
    console.print(JSON.stringify(input));
    return 0;
  },
});

function failing(error: unknown, extra: Partial<Command> = {}): Command {
  const run = async () => {
    throw error;
  };
  return {
    ...command({
      name: 'fail',
      group: 'Information',
      summary: 'Fail',
      positionals: {},
      options: {},
      examples: ['udocker fail'],
      run,
    }),
    ...extra,
  };
}

describe('from words to input', () => {
  test('options before and after positionals', async () => {
    const { status, stdout } = await fakeCli(['echo', '-l', 'a', '-n=3', '', '--tag', 'x', '-ty'], {
      commands: [echo],
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      first: 'a',
      rest: [''],
      count: 3,
      tag: ['x', 'y'],
      loud: true,
      old: false,
    });
  });

  test('options that are not given are undefined, empty or false', async () => {
    const { stdout } = await fakeCli(['echo', 'a'], { commands: [echo] });
    expect(JSON.parse(stdout)).toEqual({ first: 'a', rest: [], tag: [], loud: false, old: false });
  });

  test('an option without effect says so, but not with -q', async () => {
    const words = ['echo', '--old', 'a'];
    expect((await fakeCli(words, { commands: [echo] })).stderr).toBe(
      'Warning: --old has no effect: it is old\n',
    );
    expect((await fakeCli(['-q', ...words], { commands: [echo] })).stderr).toBe('');
  });
});

describe('usage errors: status 2, on stderr, nothing done', () => {
  test.each<[string[], string]>([
    [
      ['pul', 'x'],
      'Error: unknown command: pul\nHint: did you mean pull?\n\n' +
        'Usage: udocker [global options] COMMAND [options] [arguments]\nSee:   udocker help\n',
    ],
    [
      ['--bogus', 'ps'],
      'Error: unknown option: --bogus\n\n' +
        'Usage: udocker [global options] COMMAND [options] [arguments]\nSee:   udocker help\n',
    ],
    [
      ['ps', '--sice'],
      'Error: unknown option: --sice\nHint: did you mean --size?\n\n' +
        'Usage: udocker ps [options]\nSee:   udocker help ps\n',
    ],
    [
      ['ps', '-q'],
      'Error: unknown option: -q\nHint: -q has its place before the command\n\n' +
        'Usage: udocker ps [options]\nSee:   udocker help ps\n',
    ],
    [
      ['ps', 'x', ''],
      'Error: ps: too many arguments: x ""\n\nUsage: udocker ps [options]\nSee:   udocker help ps\n',
    ],
    [
      ['rmi'],
      'Error: rmi: IMAGE is missing\n\nUsage: udocker rmi [options] IMAGE...\nSee:   udocker help rmi\n',
    ],
    [
      ['run'],
      'Error: run: CONTAINER|IMAGE is missing\n\n' +
        'Usage: udocker run [options] [CONTAINER|IMAGE] [COMMAND...]\nSee:   udocker help run\n',
    ],
    [
      ['ps', '--format=yaml'],
      'Error: --format: expected json, not "yaml"\n\nUsage: udocker ps [options]\nSee:   udocker help ps\n',
    ],
  ])('%j', async (words, stderr) => {
    expect(await fakeCli(words)).toEqual({ status: 2, stdout: '', stderr, questions: [] });
  });

  test.each([
    [['pull', 'UPPER/x'], 'upper-case'],
    [['pull', '--platform=a/b/c/d', 'x'], '--platform: not a platform'],
    [['pull', '--registry=ftp://x', 'x'], '--registry: expected a registry'],
    [['pull', '--httpproxy=gopher://x', 'x'], '--httpproxy: expected a proxy URL'],
    [['run', '-v', 'relative:/x', 'img'], '-v: invalid volume'],
    [['run', '--pull=sometimes', 'img'], '--pull: expected missing or never or always or reuse'],
    [['run', '--cpuset-cpus=x', 'img'], '--cpuset-cpus: '],
    [['login', '--password=a', '--password-stdin', '--username=u'], 'exclude each other'],
    [['login'], 'without a terminal'],
    [['help', 'nosuch'], 'unknown command: nosuch'],
  ])('%j', async (words, message) => {
    const { status, stdout, stderr } = await fakeCli(words);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('help', () => {
  test.each([[[]], [['help']], [['-h']], [['--help']], [['-q', '--help']]])(
    '%j is the global help',
    async (words) => {
      expect(await fakeCli(words)).toEqual({
        status: 0,
        stdout: globalHelp(commands),
        stderr: '',
        questions: [],
      });
    },
  );

  test.each([
    [['help', 'pull']],
    [['pull', '--help']],
    [['pull', '-h']],
    [['pull', 'busybox', '--help']],
    [['--help', 'pull']],
  ])('%j is that of pull', async (words) => {
    const pull = commands.find(({ name }) => name === 'pull');
    if (pull === undefined) throw new Error('there is no pull');
    expect((await fakeCli(words)).stdout).toBe(commandHelp(pull));
  });

  test('after the image of run, --help belongs to the command', async () => {
    const { stdout } = await fakeCli(['--config=/none', 'run', 'img', '--help']);
    expect(stdout).toBe('');
  });

  test('works as root and with a broken configuration', async () => {
    const options: FakeOptions = { uid: 0, files: { '/etc/udocker.conf': 'nonsense' } };
    expect((await fakeCli(['help'], options)).status).toBe(0);
  });

  test('names the way to run as root', () => {
    expect(globalHelp(commands)).toContain('--allow-root');
    expect(globalHelp(commands)).toContain('UDOCKER_ALLOW_ROOT=1');
  });

  test('of a small command, word by word', () => {
    expect(commandHelp(echo)).toBe(`Usage: udocker echo [options] FIRST [REST...]

Print the input.

Options:
  -n, --count=N  a number
  -t, --tag=T    tags (repeatable)
  -l, --loud     a flag
  -h, --help     show this help

Accepted, of no effect:
      --old  something old: it is old

Examples:
  udocker echo x
`);
  });
});

describe.each(commands.map((one) => [one.name, one] as const))('%s', (name, one) => {
  test('is in the global help with its summary', () => {
    expect(globalHelp(commands)).toContain(one.summary.split(' ').slice(0, 3).join(' '));
    expect(globalHelp(commands)).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('documents every option under every name', () => {
    const text = commandHelp(one);
    for (const [key, definition] of Object.entries(withHelp(one))) {
      expect(definition.help).not.toBe('');
      for (const written of optionNames(key, definition)) {
        expect(text).toMatch(new RegExp(`(^|[ ,])${written}([=, \n]|$)`, 'm'));
      }
    }
  });

  test('has no two options of the same name', () => {
    const names = Object.entries(withHelp(one)).flatMap(([key, definition]) => optionNames(key, definition));
    expect(names).toEqual([...new Set(names)]);
  });

  test('has examples that its own grammar accepts', async () => {
    expect(one.examples.length).toBeGreaterThan(0);
    for (const example of one.examples) {
      const words = example.split(' < ')[0]?.split(/\s+/).slice(1) ?? [];
      expect(words.includes(name) || words.includes('--help')).toBe(true);
      const parsed: Command[] = commands.map((each) => ({ ...each, run: async () => 0 }));
      const shown = words.map((word) =>
        word.replace('sha256:...', `sha256:${'a'.repeat(64)}`).replace('$HOME', '/h'),
      );
      expect(await fakeCli(shown, { commands: parsed, files: { '/work/my.conf': '' } })).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
  });

  test('has lines of at most 100 characters', () => {
    for (const line of commandHelp(one).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('running as root', () => {
  const asRoot = (words: string[], env: Record<string, string> = {}) =>
    fakeCli(words, { commands: [echo], uid: 0, env });

  test('is refused with an explanation', async () => {
    const { status, stdout, stderr } = await asRoot(['echo', 'x']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: do not run as root: .*\nHint: .*--allow-root or UDOCKER_ALLOW_ROOT=1\n$/);
  });

  test('is possible on request', async () => {
    expect((await asRoot(['--allow-root', 'echo', 'x'])).status).toBe(0);
    expect((await asRoot(['echo', 'x'], { UDOCKER_ALLOW_ROOT: '1' })).status).toBe(0);
    expect((await asRoot(['echo', 'x'], { UDOCKER_ALLOW_ROOT: 'no' })).status).toBe(1);
  });

  test('a variable that makes no sense is an error', async () => {
    const { status, stderr } = await asRoot(['echo', 'x'], { UDOCKER_ALLOW_ROOT: 'perhaps' });
    expect(status).toBe(1);
    expect(stderr).toContain('UDOCKER_ALLOW_ROOT: expected True or False, not perhaps');
  });

  test('--allow-root is harmless for others', async () => {
    expect((await fakeCli(['--allow-root', 'echo', 'x'], { commands: [echo] })).status).toBe(0);
  });
});

describe('errors are shown once', () => {
  const cause = new Error('the disk said no');
  const error = new UdockerError('STORAGE', 'writing x: it failed', { hint: 'free some space', cause });

  test('with their hint', async () => {
    expect(await fakeCli(['fail'], { commands: [failing(error)] })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'Error: writing x: it failed\nHint: free some space\n',
    });
  });

  test('with causes and stack when debugging', async () => {
    const { stderr } = await fakeCli(['-D', 'fail'], { commands: [failing(error)] });
    expect(stderr).toStartWith(
      'Error: writing x: it failed\nHint: free some space\n  caused by: the disk said no\n  at ',
    );
  });

  test('125 when a container was to be started', async () => {
    const { status } = await fakeCli(['fail'], { commands: [failing(error, { startsContainer: true })] });
    expect(status).toBe(125);
  });

  test.each([
    ['COMMAND_NOT_FOUND', 127],
    ['NOT_EXECUTABLE', 126],
    ['USAGE', 2],
    ['NOT_FOUND', 1],
  ] as const)('%s is %d', async (code, expected) => {
    const { status } = await fakeCli(['fail'], { commands: [failing(new UdockerError(code, 'x'))] });
    expect(status).toBe(expected);
  });

  test('a bug asks for a report and shows where it happened', async () => {
    const { status, stderr } = await fakeCli(['fail'], {
      commands: [failing(new TypeError('x is not a function'))],
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Error: internal error: x is not a function\n {2}at [\s\S]*\nHint: this is a bug in udocker; please report/,
    );
  });
});

describe('being stopped', () => {
  test.each([
    ['SIGINT', 130, 'Error: stopped by Ctrl-C\n'],
    ['SIGTERM', 143, 'Error: stopped by SIGTERM\n'],
    ['SIGHUP', 129, 'Error: stopped by SIGHUP\n'],
  ])('%s', async (name, status, stderr) => {
    const controller = new AbortController();
    const wait = command({
      name: 'wait',
      group: 'Information',
      summary: 'Wait',
      positionals: {},
      options: {},
      examples: [],
      run: (_input, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new UdockerError('INTERRUPTED', 'pulling: stopped')));
          controller.abort(name);
        }),
    });
    expect(await fakeCli(['wait'], { commands: [wait], signal: controller.signal })).toMatchObject({
      status,
      stderr,
    });
  });
});

describe('configuration', () => {
  test('a bad value stops the command and names its place', async () => {
    const files = { '/home/u/.udocker/udocker.conf': '[DEFAULT]\ntimeout = soon\n' };
    expect(await fakeCli(['version'], { files })).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'Error: reading /home/u/.udocker/udocker.conf, line 2: timeout: expected a whole number, at least 1, not soon\n',
    });
  });

  test('an unknown key is a warning, which -q hides', async () => {
    const files = { '/etc/udocker.conf': 'timeuot = 5\n' };
    const { stderr } = await fakeCli(['version'], { files });
    expect(stderr).toBe(
      'Warning: /etc/udocker.conf, line 1: there is no setting timeuot; did you mean timeout?\n',
    );
    expect((await fakeCli(['-q', 'version'], { files })).stderr).toBe('');
  });

  test('a missing --config file is an error', async () => {
    const { status, stderr } = await fakeCli(['--config=none.conf', 'version']);
    expect(status).toBe(1);
    expect(stderr).toContain('there is no file /work/none.conf');
  });

  test('showconf shows every setting in the frame of old', async () => {
    const { stdout } = await fakeCli(['--insecure', 'showconf'], { env: { UDOCKER_TMP: '/fast' } });
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual(['-'.repeat(80), '\t\tConfiguration options']);
    expect(lines.slice(-2)).toEqual(['-'.repeat(80), '']);
    for (const line of [
      'verbose_level = 3',
      'topdir = /home/u/.udocker',
      'bindir = None',
      'http_insecure = True',
      "cmd = ['bash', '-i']",
      'tmpdir = /fast',
    ]) {
      expect(lines).toContain(line);
    }
  });

  test('what showconf shows can be a configuration file', async () => {
    const { stdout } = await fakeCli(['showconf']);
    const text = stdout.split('\n').slice(2, -2).join('\n');
    const again = await fakeCli(['--config=/c', 'showconf'], { files: { '/c': text } });
    expect(again).toMatchObject({ status: 0, stdout, stderr: '' });
  });
});

test.each([[['version']], [['-V']], [['--version']], [['--allow-root', '--version']]])(
  '%j',
  async (words) => {
    const { status, stdout, stderr } = await fakeCli(words, { uid: 0, env: { UDOCKER_TARBALL: '/t.tgz' } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe('version: 9.8.7\ntarball: /t.tgz\ntarball_release: 1.2.11\n');
  },
);

test('every long name is in kebab case', () => {
  for (const { options } of commands) {
    for (const key of Object.keys(options)) expect(longName(key)).toMatch(/^--[a-z]+(-[a-z]+)*$/);
  }
});

test('the table names each command as the command itself does', () => {
  expect(table.map(({ name }) => name)).toEqual(commands.map(({ name }) => name));
});
