/**
 * A small, real registry in this process: pull side of the OCI distribution spec 1.1 (manifests, blobs with Range,
 * tags, catalog, pages), basic and token login, blobs kept on a second host. Images are published by function
 * call. Faults happen on demand (`registry-faults.ts`). Imports nothing of `src/`, so that it is a second opinion.
 */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { type Access, type AccessControl, createAccessControl } from './registry-access.ts';
import { type Fault, type FaultPlan, FaultQueue, send } from './registry-faults.ts';

export interface RegistryServerOptions {
  readonly access?: Access;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Blobs are redirected to another host, which refuses requests that carry credentials. */
  readonly storage?: boolean;
  /** Items per page of lists; default all. */
  readonly pageSize?: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: any free one. */
  readonly port?: number;
}

export interface Published {
  readonly digest: string;
  readonly size: number;
}

export interface LoggedRequest {
  readonly server: 'registry' | 'storage' | 'token';
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Filled in when the answer begins. */
  status: number;
}

export interface RegistryServer {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly log: readonly LoggedRequest[];
  /** What must never happen and did: credentials sent to the storage host. */
  readonly violations: readonly string[];
  putBlob(bytes: Uint8Array): Published;
  /** The file is read when it is asked for. */
  putFile(path: string): Promise<Published>;
  /** Under its digest, and under `tag` when given. */
  putManifest(
    repository: string,
    tag: string | undefined,
    document: object | Uint8Array,
    mediaType?: string,
  ): Published;
  /** The next matching request goes wrong. */
  fault(plan: FaultPlan): void;
  close(): Promise<void>;
}

type Blob = { readonly size: number } & ({ readonly bytes: Uint8Array } | { readonly path: string });
interface Manifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: string;
}

/** Starts a registry on loopback. Its first answer can be had as soon as the promise resolves. */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const registry = new Registry(options);
  await registry.start();
  return registry;
}

class Registry implements RegistryServer {
  readonly log: LoggedRequest[] = [];
  readonly violations: string[] = [];
  url = '';
  host = '';
  readonly #blobs = new Map<string, Blob>();
  readonly #repositories = new Map<string, Map<string, Manifest>>();
  readonly #faults = new FaultQueue();
  readonly #options: RegistryServerOptions;
  readonly #servers: Server[] = [];
  #storageUrl = '';
  #access: AccessControl | undefined;

  constructor(options: RegistryServerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { access, storage, tls } = this.#options;
    const main = await this.#listen(
      'registry',
      (request, response) => this.#serve(request, response),
      this.#options.port,
    );
    this.host = main;
    this.url = `${tls === undefined ? 'http' : 'https'}://${main}`;
    if (access !== undefined) {
      this.#access = createAccessControl(access);
      const control = this.#access;
      const host = await this.#listen('token', (request, response) => control.token(request, response));
      control.realm = `${tls === undefined ? 'http' : 'https'}://${host}/token`;
    }
    if (storage) {
      // `localhost`, not 127.0.0.1: another host name, as storage has in real life.
      const host = await this.#listen('storage', (request, response) =>
        this.#serveStorage(request, response),
      );
      this.#storageUrl = `${tls === undefined ? 'http' : 'https'}://${host.replace('127.0.0.1', 'localhost')}`;
    }
  }

  putBlob(bytes: Uint8Array): Published {
    const digest = sha256(bytes);
    this.#blobs.set(digest, { bytes, size: bytes.length });
    return { digest, size: bytes.length };
  }

  async putFile(path: string): Promise<Published> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    const digest = `sha256:${hash.digest('hex')}`;
    const { size } = statSync(path);
    this.#blobs.set(digest, { path, size });
    return { digest, size };
  }

  putManifest(
    repository: string,
    tag: string | undefined,
    document: object | Uint8Array,
    mediaType?: string,
  ): Published {
    const bytes = document instanceof Uint8Array ? document : Buffer.from(JSON.stringify(document));
    const digest = sha256(bytes);
    const own =
      'mediaType' in document && typeof document.mediaType === 'string' ? document.mediaType : undefined;
    const type = mediaType ?? own ?? 'application/vnd.oci.image.manifest.v1+json';
    const manifests = this.#repositories.get(repository) ?? new Map<string, Manifest>();
    this.#repositories.set(repository, manifests);
    for (const name of tag === undefined ? [digest] : [digest, tag])
      manifests.set(name, { bytes, mediaType: type, digest });
    return { digest, size: bytes.length };
  }

  fault(plan: FaultPlan): void {
    this.#faults.add(plan);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }

  async #listen(
    name: LoggedRequest['server'],
    serve: (request: IncomingMessage, response: ServerResponse) => void,
    port = 0,
  ): Promise<string> {
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      const entry = {
        server: name,
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        status: 0,
      };
      this.log.push(entry);
      response.on('close', () => {
        entry.status = response.headersSent ? response.statusCode : 0;
      });
      response.on('error', () => {});
      serve(request, response);
    };
    const { tls, address = '127.0.0.1' } = this.#options;
    const server = tls === undefined ? createServer(handle) : createSecureServer(tls, handle);
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, resolve);
    });
    return `${address}:${(server.address() as AddressInfo).port}`;
  }

  #serve(request: IncomingMessage, response: ServerResponse) {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    const fault = this.#faults.take('registry', request);
    if (fault !== undefined && send(fault, response)) return;
    const path = (request.url ?? '').split('?')[0] ?? '';
    const refusal = this.#access?.refuse(request, path);
    if (refusal !== undefined) {
      response.setHeader('WWW-Authenticate', refusal);
      return fail(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    this.#route(path, request, response, fault);
  }

  #route(path: string, request: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return fail(response, 405, 'UNSUPPORTED', 'read only');
    if (path === '/v2/' || path === '/v2')
      return answer(request, response, Buffer.from('{}'), 'application/json');
    if (path === '/v2/_catalog') {
      return this.#list('repositories', [...this.#repositories.keys()].sort(), {}, request, response);
    }
    const [, repository = '', kind, name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(path) ?? [];
    const manifests = this.#repositories.get(repository);
    if (manifests === undefined)
      return fail(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
    if (kind === 'tags') {
      const tags = [...manifests.keys()].filter((tag) => !tag.includes(':')).sort();
      return this.#list('tags', tags, { name: repository }, request, response);
    }
    if (kind === 'manifests')
      return this.#manifest(manifests.get(decodeURIComponent(name)), request, response, fault);
    if (this.#storageUrl === '') return this.#blob(decodeURIComponent(name), request, response, fault);
    response.writeHead(307, { location: `${this.#storageUrl}/data/${name}?signature=abc` }).end();
  }

  #manifest(
    found: Manifest | undefined,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ) {
    if (found === undefined) return fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    response.setHeader('Docker-Content-Digest', found.digest);
    answer(request, response, found.bytes, found.mediaType, fault);
  }

  #list(
    field: string,
    items: readonly string[],
    rest: object,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const url = new URL(request.url ?? '', 'http://registry');
    const size = Number(url.searchParams.get('n') ?? this.#options.pageSize ?? items.length);
    const last = url.searchParams.get('last');
    const start = last === null ? 0 : items.findIndex((item) => item > last);
    const page = start < 0 ? [] : items.slice(start, start + size);
    if (start >= 0 && start + size < items.length) {
      const next = `${url.pathname}?n=${size}&last=${encodeURIComponent(page.at(-1) ?? '')}`;
      response.setHeader('Link', `<${next}>; rel="next"`);
    }
    answer(request, response, Buffer.from(JSON.stringify({ ...rest, [field]: page })), 'application/json');
  }

  #serveStorage(request: IncomingMessage, response: ServerResponse): void {
    for (const name of ['authorization', 'cookie', 'proxy-authorization'] as const) {
      if (request.headers[name] === undefined) continue;
      this.violations.push(`${name} at ${request.url}`);
      response.writeHead(400).end('credentials do not belong here');
      return;
    }
    const fault = this.#faults.take('storage', request);
    if (fault !== undefined && send(fault, response)) return;
    const name = /^\/data\/([^/?]+)\?signature=abc$/.exec(request.url ?? '')?.[1] ?? '';
    this.#blob(decodeURIComponent(name), request, response, fault);
  }

  #blob(digest: string, request: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) return fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const range =
      fault?.kind === 'no-range' || fault?.kind === 'wrong-range'
        ? undefined
        : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to = Math.min(range?.[2] ? Number(range[2]) + 1 : blob.size, blob.size);
    if (range && from >= blob.size) {
      response.writeHead(416, { 'content-range': `bytes */${blob.size}` }).end();
      return;
    }
    if (range) {
      response.statusCode = 206;
      response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${blob.size}`);
    }
    response.setHeader('Docker-Content-Digest', digest);
    if ('bytes' in blob)
      return answer(request, response, blob.bytes.subarray(from, to), 'application/octet-stream', fault);
    response.writeHead(response.statusCode, {
      'content-length': to - from,
      'content-type': 'application/octet-stream',
    });
    if (request.method === 'HEAD') response.end();
    else {
      const content = createReadStream(blob.path, {
        start: from,
        end: Math.max(0, to - 1),
        highWaterMark: 1 << 20,
      });
      // A reader that goes away ends both; there is nobody left to tell.
      pipeline(content, response, () => {});
    }
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  type: string,
  fault?: Fault,
): void {
  response.setHeader('Content-Type', type);
  if (request.method !== 'HEAD' && fault !== undefined && send(fault, response, bytes)) return;
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
