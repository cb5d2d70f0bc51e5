/** `udocker login`. A password on the command line is seen by others on the machine: the help says so. */
import { UdockerError } from '../../errors.ts';
import { asText, type CommandContext, command, flag, option } from '../command.ts';
import { parseName, parseRegistryUrl } from '../parsers.ts';
import { registryOptions } from './registry-options.ts';

export const login = command({
  name: 'login',
  group: 'Registries',
  summary: 'Check a user name and password with a registry and remember them',
  details: 'They are kept, readable by you alone but not encrypted, in the file keystore of the repository.',
  positionals: {},
  options: {
    username: option('NAME', parseName, 'user name; asked for when it is not given', { short: 'u' }),
    password: option(
      'TEXT',
      asText,
      'password; others on this machine can see it: better let it be asked for',
      {
        short: 'p',
      },
    ),
    passwordStdin: flag('read the password from the standard input'),
    registry: option('URL', parseRegistryUrl, 'the registry; default: the one of images without a host'),
    httpproxy: registryOptions.httpproxy,
  },
  examples: [
    'udocker login --username=me',
    'udocker login --registry=https://hostname:5000',
    'udocker login --username=me --password-stdin < password.txt',
  ],
  run: async (input, context) => {
    const username = input.username ?? (await asked(context, 'username: ', false));
    const password = await passwordOf(input, context);
    const { login } = await import('../../actions/login.ts');
    const result = await login(context, {
      registry: input.registry,
      httpproxy: input.httpproxy,
      username,
      password,
    });
    context.console.info(result === 'accepted' ? 'login succeeded' : 'credentials stored');
    return 0;
  },
});

interface PasswordInput {
  readonly password: string | undefined;
  readonly passwordStdin: boolean;
}

async function passwordOf(input: PasswordInput, context: CommandContext): Promise<string> {
  if (input.password !== undefined && input.passwordStdin) {
    throw new UdockerError('USAGE', 'login: --password and --password-stdin exclude each other');
  }
  if (input.password !== undefined) return input.password;
  if (input.passwordStdin) return firstLine(context.console.terminal.readInput());
  return asked(context, 'password: ', true);
}

/** Only the line end of an editor or of `echo` is dropped: blanks may belong to a password. */
function firstLine(text: string): string {
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line === '') throw new UdockerError('USAGE', 'login: there is no password on the standard input');
  return line;
}

async function asked({ console }: CommandContext, question: string, hidden: boolean): Promise<string> {
  const { terminal } = console;
  if (!terminal.canAsk) {
    throw new UdockerError(
      'USAGE',
      `login: cannot ask for the ${question.replace(': ', '')} without a terminal`,
      {
        hint: 'use --username=NAME and --password-stdin',
      },
    );
  }
  const answer = await terminal.ask(question, hidden);
  if (answer === undefined) throw new UdockerError('INTERRUPTED', 'login: stopped');
  if (answer === '') throw new UdockerError('USAGE', `login: the ${question.replace(': ', '')} is empty`);
  return answer;
}
