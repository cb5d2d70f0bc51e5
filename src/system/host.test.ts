import { expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { homeOf, hostName, invoker, kernel } from './host.ts';

const said = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8' }).trim();

test('host and kernel as uname has them', () => {
  expect(hostName()).toBe(said('uname', '-n'));
  expect(kernel()).toEqual({ machine: said('uname', '-m'), release: said('uname', '-r') });
});

test('the account as the system has it', () => {
  const username = said('id', '-un');
  const homedir = said('getent', 'passwd', username).split(':')[5];
  expect(invoker({})).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.(), userName: username });
  expect(homeOf(process.getuid?.() ?? 0, {})).toBe(homedir as never);
  expect(homeOf(process.getuid?.() ?? 0, { HOME: 'relative' })).toBe(homedir as never);
  expect(homeOf(process.getuid?.() ?? 0, { HOME: '/some/where' })).toBe('/some/where' as never);
});

test('an account that nothing knows', () => {
  // No line of /etc/passwd has this number, though fields of some contain it.
  expect(homeOf(0xfffffff0, {})).toBe('/' as never);
});
