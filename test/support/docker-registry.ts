/** Debian's docker-registry as a fixture: plain, with passwords, behind TLS with a made authority; filled by skopeo. */
import { writeFileSync } from 'node:fs';
import { freePort, type Workshop } from './programs.ts';

export interface DockerRegistry {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly url: string;
}

export interface DockerRegistryOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Users of `locked` registries: an htpasswd file. */
  readonly htpasswd?: string;
  /** Serve TLS with `tls.crt` and `tls.key` of `makeAuthority`. */
  readonly tls?: boolean;
}

/** Starts one; all of a workshop serve the same files, `registry/` in it. */
export async function startDockerRegistry(
  shop: Workshop,
  { port: wanted, htpasswd, tls = false }: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  const port = wanted ?? (await freePort());
  const at = (path: string): string => `${shop.directory}/${path}`;
  const certificates = { tls: { certificate: at('tls.crt'), key: at('tls.key') } };
  // Its configuration is YAML, of which JSON is a part.
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: at('registry') } },
    http: { addr: `127.0.0.1:${port}`, ...(tls ? certificates : {}) },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'lab', path: htpasswd } } }),
  };
  writeFileSync(at(`registry-${port}.yml`), JSON.stringify(config));
  await shop.start('docker-registry', ['serve', at(`registry-${port}.yml`)], port);
  const host = `127.0.0.1:${port}`;
  return { port, host, url: `${tls ? 'https' : 'http'}://${host}` };
}

/** Makes `ca.crt`, and `tls.crt` with `tls.key` for localhost and 127.0.0.1, in the workshop's directory. */
export function makeAuthority(shop: Workshop): void {
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'.split(' ');
  const ca = '-x509 -days 2 -keyout ca.key -out ca.crt'.split(' ');
  shop.run('openssl', ['req', ...key, ...ca, '-subj', '/CN=Lab CA']);
  shop.run('openssl', ['req', ...key, '-subj', '/CN=registry', '-keyout', 'tls.key', '-out', 'tls.csr']);
  writeFileSync(`${shop.directory}/names`, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const sign =
    '-req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out tls.crt';
  shop.run('openssl', ['x509', ...sign.split(' ')]);
}

/** `skopeo copy` between registries without TLS; not synchronous, as this process may serve the source. */
export async function skopeoCopy(...args: readonly string[]): Promise<void> {
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const child = Bun.spawn(['skopeo', 'copy', '-q', ...plain, ...args], { stderr: 'pipe' });
  const [status, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (status !== 0) throw new Error(`skopeo copy ${args.join(' ')}: ${stderr}`);
}
