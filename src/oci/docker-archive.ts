/**
 * The table of contents of an archive that `docker save` makes: `manifest.json`. Loaded only where such archives are
 * read. Source: Docker image spec v1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
import * as z from 'zod/mini';
import { UdockerError } from '../errors.ts';

/** One image of the archive; the words are names of members. */
export interface ArchivedImage {
  readonly config: string;
  /** `name:tag`, any number of them. */
  readonly repoTags: readonly string[];
  /** Bottom first. */
  readonly layers: readonly string[];
}

const shape = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.optional(z.nullable(z.array(z.string()))),
    Layers: z.optional(z.nullable(z.array(z.string()))),
  }),
);

/** Parses `manifest.json`. `origin` names the archive in errors. Throws INVALID. */
export function parseArchiveManifest(bytes: Uint8Array, origin: string): ArchivedImage[] {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed(origin, 'its manifest.json is not a JSON document', cause);
  }
  const result = z.safeParse(shape, document);
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? '';
    throw malformed(origin, `in its manifest.json ${path === '' ? 'the list of images' : path} is malformed`);
  }
  return result.data.map(({ Config, RepoTags, Layers }) => ({
    config: Config,
    repoTags: RepoTags ?? [],
    layers: Layers ?? [],
  }));
}

/** The text of a `manifest.json` with these images. */
export function formatArchiveManifest(images: readonly ArchivedImage[]): string {
  return JSON.stringify(
    images.map(({ config, repoTags, layers }) => ({
      Config: config,
      RepoTags: repoTags.length === 0 ? null : repoTags,
      Layers: layers,
    })),
  );
}

function malformed(origin: string, why: string, cause?: unknown): UdockerError {
  return new UdockerError('INVALID', `reading ${origin}: ${why}`, {
    hint: 'save the image again',
    ...(cause === undefined ? {} : { cause }),
  });
}
