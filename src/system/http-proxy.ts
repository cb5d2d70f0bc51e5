/**
 * Which proxy a URL goes through: the one named on the command line or in the configuration, else the
 * environment's, unless `no_proxy` says otherwise. Pure: the environment is handed in.
 * There is no standard; where curl and Go differ, a comment says which one is followed.
 */
import { UdockerError } from '../errors.ts';

export type ProxyKind = 'http' | 'https' | 'socks4' | 'socks4a' | 'socks5' | 'socks5h';

export interface ProxyServer {
  readonly kind: ProxyKind;
  /** Name or address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

export interface ProxyRules {
  readonly forHttp?: ProxyServer;
  readonly forHttps?: ProxyServer;
  readonly bypass: readonly BypassRule[];
  /** An explicit proxy also serves loopback; one from the environment does not (as in Go). */
  readonly explicit: boolean;
}

interface BypassRule {
  /** Lower case; `*` for every host. */
  readonly host: string;
  readonly port?: number;
}

type Env = Readonly<Record<string, string | undefined>>;

// curl's default port for every proxy but https is 1080; for http proxies 80 (Go) surprises less.
const defaultPorts: Readonly<Record<ProxyKind, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
};

/**
 * Reads the rules. `explicit` is the text of `--httpproxy` or of the configuration; empty means none. In the
 * environment the lower-case name wins; HTTP_PROXY is ignored inside a CGI program, where a client could set it.
 * Throws USAGE when a proxy is malformed.
 */
export function proxyRules(explicit: string | undefined, env: Env): ProxyRules {
  const bypass = parseBypass(env.no_proxy ?? env.NO_PROXY ?? '');
  if (explicit !== undefined && explicit !== '') {
    const proxy = parseProxy(explicit, '--httpproxy');
    return { forHttp: proxy, forHttps: proxy, bypass, explicit: true };
  }
  const upperHttp = env.REQUEST_METHOD === undefined ? 'HTTP_PROXY' : undefined;
  const forHttp = fromEnvironment(env, 'http_proxy', upperHttp, 'all_proxy', 'ALL_PROXY');
  const forHttps = fromEnvironment(env, 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY');
  return {
    ...(forHttp === undefined ? {} : { forHttp }),
    ...(forHttps === undefined ? {} : { forHttps }),
    bypass,
    explicit: false,
  };
}

/** The proxy that `url` goes through; undefined when it is reached directly. */
export function proxyFor(url: URL, rules: ProxyRules): ProxyServer | undefined {
  const proxy = url.protocol === 'https:' ? rules.forHttps : rules.forHttp;
  if (proxy === undefined) return undefined;
  if (!rules.explicit && isLoopback(url.hostname)) return undefined;
  const port = portOf(url);
  return rules.bypass.some((rule) => bypasses(rule, bare(url.hostname), port)) ? undefined : proxy;
}

/** True for `localhost`, names below it, 127.0.0.0/8 and ::1; brackets of IPv6 are accepted. */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname.toLowerCase());
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(?:\.\d+){3}$/.test(host)
  );
}

/** The port a URL means, the default of its scheme included. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** A URL's host name without the brackets of IPv6. */
export function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/**
 * Parses `[scheme://][user:password@]host[:port]`; without a scheme it is an http proxy. `origin` is the option
 * or variable it comes from. Throws USAGE; the message never repeats the text, which may hold a password.
 */
export function parseProxy(text: string, origin: string): ProxyServer {
  const withScheme = text.includes('://') ? text : `http://${text}`;
  const scheme = withScheme.slice(0, withScheme.indexOf('://')).toLowerCase();
  const kind = scheme === 'socks' ? 'socks5' : scheme;
  if (!isProxyKind(kind)) throw malformed(origin, `${JSON.stringify(scheme)} is not a kind of proxy`);
  let url: URL;
  try {
    // Parsed as http: WHATWG URLs of unknown schemes do not check the host.
    url = new URL(`http:${withScheme.slice(withScheme.indexOf('//'))}`);
  } catch (cause) {
    throw malformed(origin, 'host or port is malformed', cause);
  }
  const explicitPort = /:(\d+)\/?$/.exec(withScheme)?.[1];
  return {
    kind,
    host: bare(url.hostname),
    port: explicitPort === undefined ? defaultPorts[kind] : Number(explicitPort),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
}

/** `host:port` of a proxy, for messages; never its password. */
export function proxyAuthority(proxy: ProxyServer): string {
  return `${proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host}:${proxy.port}`;
}

function fromEnvironment(env: Env, ...names: readonly (string | undefined)[]): ProxyServer | undefined {
  for (const name of names) {
    const text = name === undefined ? undefined : env[name];
    if (name !== undefined && text !== undefined && text !== '')
      return parseProxy(text, `the variable ${name}`);
  }
  return undefined;
}

function isProxyKind(text: string): text is ProxyKind {
  return Object.hasOwn(defaultPorts, text);
}

function parseBypass(text: string): BypassRule[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => {
      const [, host = word, port] = /^(\[[^\]]*\]|[^:]*|[^[]*:[^[]*:[^[]*)(?::(\d+))?$/.exec(word) ?? [];
      // `*.example.org` and `.example.org` mean what `example.org` means (curl).
      const name = bare(host).replace(/^\*?\./, '');
      return { host: name, ...(port === undefined ? {} : { port: Number(port) }) };
    });
}

function bypasses(rule: BypassRule, host: string, port: number): boolean {
  if (rule.port !== undefined && rule.port !== port) return false;
  const name = host.toLowerCase().replace(/\.$/, '');
  return rule.host === '*' || name === rule.host || (rule.host !== '' && name.endsWith(`.${rule.host}`));
}

function malformed(origin: string, why: string, cause?: unknown): UdockerError {
  return new UdockerError('USAGE', `reading the proxy from ${origin}: ${why}`, {
    hint: 'write http://host:port, https://, socks4://, socks4a://, socks5:// or socks5h://, with user:password@ if needed',
    cause,
  });
}
