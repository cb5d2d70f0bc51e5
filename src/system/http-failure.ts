/**
 * What can go wrong between us and a server, one sentence and one hint for each. Inside `system/` a failure
 * travels as an HttpFault, which does not yet know what was being done; `http.ts` makes the UdockerError.
 */
import { UdockerError } from '../errors.ts';

export type NetworkFailure =
  | 'name-not-found'
  | 'name-service-down'
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'idle-timeout'
  | 'total-timeout'
  | 'tls-untrusted'
  | 'tls-expired'
  | 'tls-wrong-name'
  | 'tls-failed'
  | 'not-tls'
  | 'not-http'
  | 'cut'
  | 'proxy-unreachable'
  | 'proxy-refused'
  | 'proxy-login';

/** A failure with its facts: `host` is `host:port` of whom it happened with, `reason` the words of the lower layer. */
export class HttpFault extends Error {
  readonly failure: NetworkFailure;
  readonly host: string;

  constructor(failure: NetworkFailure, host: string, reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.failure = failure;
    this.host = host;
  }
}

type Sentence = (fault: HttpFault) => string;

const untrustedHint =
  'give the certificate of its authority in SSL_CERT_FILE or as ~/.config/containers/certs.d/HOST:PORT/ca.crt, or skip ' +
  'the check with --insecure if you must';
const explanations: Readonly<Record<NetworkFailure, { says: Sentence; hint: string }>> = {
  'name-not-found': {
    says: ({ host }) => `no host is called ${host}`,
    hint: 'check the spelling of the host, or name a proxy with --httpproxy if this network needs one',
  },
  'name-service-down': {
    says: ({ host }) => `the name ${host} could not be looked up: the name service does not answer`,
    hint: 'check the network connection and /etc/resolv.conf',
  },
  refused: {
    says: ({ host }) => `${host} refused the connection: nothing listens there`,
    hint: 'check host and port, and that the server is running',
  },
  unreachable: {
    says: ({ host, message }) => `${host} cannot be reached (${message})`,
    hint: 'check the network connection, or name a proxy with --httpproxy',
  },
  'connect-timeout': {
    says: ({ host, message }) => `${host} did not accept a connection within ${message}`,
    hint: 'check the network connection and firewalls, or name a proxy with --httpproxy',
  },
  'idle-timeout': {
    says: ({ host, message }) => `${host} sent nothing for ${message}`,
    hint: 'try again later, or allow more time with the configuration key timeout',
  },
  'total-timeout': {
    says: ({ host, message }) => `${host} was not done after ${message}`,
    hint: 'allow more time with the configuration key download_timeout',
  },
  'tls-untrusted': {
    says: ({ host, message }) => `the certificate of ${host} is not trusted (${message})`,
    hint: untrustedHint,
  },
  'tls-expired': {
    says: ({ host, message }) => `the certificate of ${host} is not valid today (${message})`,
    hint: 'check the clock of this machine, or tell the owner of the registry',
  },
  'tls-wrong-name': {
    says: ({ host, message }) => `the certificate of ${host} is for another name (${message})`,
    hint: 'use the name that the certificate is for',
  },
  'tls-failed': {
    says: ({ host, message }) => `no secure connection to ${host} could be agreed on (${message})`,
    hint: 'the server may need another TLS version, or a client certificate: see certs.d in the documentation of Podman',
  },
  'not-tls': {
    says: ({ host }) => `${host} does not speak TLS (https)`,
    hint: 'if it is a plain http registry, write http:// before its name, or no https:// and use --insecure',
  },
  'not-http': {
    says: ({ host, message }) => `${host} does not speak HTTP (${message})`,
    hint: 'check host and port: something else is listening there',
  },
  cut: {
    says: ({ host, message }) => `the connection to ${host} was cut (${message})`,
    hint: 'try again',
  },
  'proxy-unreachable': {
    says: ({ host, message }) => `the proxy ${host} cannot be reached (${message})`,
    hint: 'check --httpproxy and the variables http_proxy, https_proxy, all_proxy',
  },
  'proxy-refused': {
    says: ({ host, message }) => `the proxy ${host} refused to connect (${message})`,
    hint: 'the proxy may not allow this host or port, or cannot reach it; see no_proxy to go round it',
  },
  'proxy-login': {
    says: ({ host, message }) => `the proxy ${host} wants another login (${message})`,
    hint: 'write user:password@ before the host of the proxy',
  },
};

/** The NETWORK error for a fault; `doing` is what was being done, such as `asking quay.io for the tags of x`. */
export function networkError(doing: string, fault: HttpFault): UdockerError {
  const { says, hint } = explanations[fault.failure];
  return new UdockerError('NETWORK', `${doing}: ${says(fault)}`, {
    hint,
    cause: fault.cause ?? fault,
    details: { failure: fault.failure, host: fault.host },
  });
}

/** Which failure a NETWORK error is about; undefined for every other error. */
export function networkFailure(error: unknown): NetworkFailure | undefined {
  if (!(error instanceof UdockerError) || error.code !== 'NETWORK') return undefined;
  const { failure } = error.details;
  return typeof failure === 'string' && Object.hasOwn(explanations, failure)
    ? (failure as NetworkFailure)
    : undefined;
}

const codes: Readonly<Record<string, NetworkFailure>> = {
  ENOTFOUND: 'name-not-found',
  EAI_AGAIN: 'name-service-down',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
  CERT_HAS_EXPIRED: 'tls-expired',
  CERT_NOT_YET_VALID: 'tls-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls-wrong-name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
};
const untrusted =
  /^(?:DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERROR_IN_CERT)/;

/** Recognises an error of sockets, TLS or the HTTP parser by its code; `host` is whom we were talking to. */
export function faultOf(error: unknown, host: string): HttpFault {
  if (error instanceof HttpFault) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason = error instanceof Error ? error.message : String(error);
  return new HttpFault(failureOf(code), host, sentence(code, reason), error);
}

function failureOf(code: string): NetworkFailure {
  const known = codes[code];
  if (known !== undefined) return known;
  if (untrusted.test(code)) return 'tls-untrusted';
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') return 'tls-failed';
  return code.startsWith('HPE_') ? 'not-http' : 'cut';
}

/** BoringSSL's and OpenSSL's words are long and full of file names; the last part says it. */
function sentence(code: string, reason: string): string {
  if (code.startsWith('ERR_SSL_')) return code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ');
  return reason.replace(/^Hostname\/IP does not match certificate's altnames: /, '').trim();
}
