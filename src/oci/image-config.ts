/**
 * The image configuration: what to run and how. Read by `run` on every start, so it is decoded by hand and
 * tolerantly, without a schema library: old repositories hold configurations in several dialects (a v1
 * `container_config`, entries that are null, a string where a list is usual).
 * Source: OCI image spec, config.md; Docker image spec v1.2.
 */
import { UdockerError } from '../errors.ts';
import { type DiffId, isDigest, parseDiffId } from './digest.ts';
import { normalise, type Platform } from './platform.ts';

export interface ImageConfig {
  readonly platform?: Platform;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `NAME=value` words, in order. */
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly hostname: string;
  readonly volumes: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly stopSignal?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Digests of the uncompressed layers, bottom first; empty where the image does not say. */
  readonly diffIds: readonly DiffId[];
}

type Json = Readonly<Record<string, unknown>>;

/** The configuration of an image that says nothing. */
export const emptyImageConfig: ImageConfig = {
  entrypoint: [],
  cmd: [],
  env: [],
  user: '',
  workingDir: '',
  hostname: '',
  volumes: [],
  exposedPorts: [],
  labels: {},
  diffIds: [],
};

/**
 * Decodes the JSON text of an image configuration. `origin` names it in errors.
 * Throws INVALID when the text is not a JSON object.
 */
export function parseImageConfig(text: string, origin: string): ImageConfig {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new UdockerError('INVALID', `reading the image configuration ${origin}: not JSON`, { cause });
  }
  if (!isObject(document)) {
    throw new UdockerError('INVALID', `reading the image configuration ${origin}: not a JSON object`);
  }
  return decode(document);
}

function decode(document: Json): ImageConfig {
  const config = firstObject(document.config, document.container_config);
  const platform = platformOf(document);
  const stopSignal = text(config.StopSignal);
  return {
    ...(platform === undefined ? {} : { platform }),
    entrypoint: words(config.Entrypoint),
    cmd: words(config.Cmd),
    env: strings(config.Env),
    user: text(config.User),
    workingDir: text(config.WorkingDir),
    hostname: text(config.Hostname),
    volumes: keys(config.Volumes),
    exposedPorts: keys(config.ExposedPorts),
    ...(stopSignal === '' ? {} : { stopSignal }),
    labels: labels(config.Labels),
    diffIds: diffIds(document.rootfs),
  };
}

function platformOf(document: Json): Platform | undefined {
  const architecture = text(document.architecture);
  if (architecture === '') return undefined;
  const variant = text(document.variant);
  const os = text(document.os) || 'linux';
  return normalise({ os, architecture, ...(variant === '' ? {} : { variant }) });
}

function diffIds(rootfs: unknown): DiffId[] {
  if (!isObject(rootfs)) return [];
  return strings(rootfs.diff_ids).filter(isDigest).map(parseDiffId);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstObject(...values: unknown[]): Json {
  return values.find(isObject) ?? {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** A list of words, or shell form: one string, split at blanks as the old tool did. */
function words(value: unknown): string[] {
  return typeof value === 'string' ? value.split(/\s+/).filter((word) => word !== '') : strings(value);
}

function keys(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : strings(value);
}

function labels(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
