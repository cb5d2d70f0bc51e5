/** Proxies that others wrote, as fixtures. Each function starts one on a free port of loopback and gives the port. */
import { writeFileSync } from 'node:fs';
import { freePort, type Workshop } from './programs.ts';

/** HTTP with Basic login; CONNECT only to `connectPort`. Its log is `tinyproxy.log` in the workshop. */
export async function startTinyproxy(
  shop: Workshop,
  login: readonly [user: string, password: string],
  connectPort: number,
): Promise<number> {
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 60',
    'Allow 127.0.0.1',
    `BasicAuth ${login.join(' ')}`,
    `LogFile "${shop.directory}/tinyproxy.log"`,
    `ConnectPort ${connectPort}`,
  ];
  return start(shop, 'tinyproxy', lines, port, (file) => ['-d', '-c', file]);
}

/** HTTP without login. */
export async function startSquid(shop: Workshop): Promise<number> {
  const port = await freePort();
  const lines = [
    `http_port 127.0.0.1:${port}`,
    'http_access allow all',
    'cache deny all',
    'access_log none',
    'cache_log /dev/null',
    'pid_filename none',
    'shutdown_lifetime 0 seconds',
    ...(process.getuid?.() === 0 ? ['cache_effective_user proxy'] : []),
  ];
  return start(shop, 'squid', lines, port, (file) => ['-N', '-n', `lab${port}`, '-f', file]);
}

/** SOCKS5 with login. */
export async function startMicrosocks(
  shop: Workshop,
  [user, password]: readonly [string, string],
): Promise<number> {
  const port = await freePort();
  await shop.start('microsocks', ['-i', '127.0.0.1', '-p', `${port}`, '-u', user, '-P', password], port);
  return port;
}

/** SOCKS4 and 5 without login. */
export async function startDante(shop: Workshop): Promise<number> {
  const port = await freePort();
  const lines = [
    `logoutput: ${shop.directory}/danted.log`,
    `internal: 127.0.0.1 port = ${port}`,
    'external: lo',
    'clientmethod: none',
    'socksmethod: none',
    'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
    'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
  ];
  return start(shop, 'danted', lines, port, (file) => ['-f', file]);
}

async function start(
  shop: Workshop,
  program: string,
  lines: readonly string[],
  port: number,
  args: (file: string) => readonly string[],
): Promise<number> {
  const file = `${shop.directory}/${program}-${port}.conf`;
  writeFileSync(file, `${lines.join('\n')}\n`);
  await shop.start(program, args(file), port);
  return port;
}
