/** Which container `run` runs: the one that is named, or a new one made from an image, pulled if need be. */
import { UdockerError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { formatPlatform, platformScore } from '../oci/platform.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import type { ImageEntry } from '../store/tag-directory.ts';
import type { ActionContext } from './context.ts';
import { requireFreeName } from './find-container.ts';
import { nothingCalled, whyNoImage } from './nothing-called.ts';
import { storeOf } from './open-store.ts';
import type { PullRequest } from './pull-image.ts';

export type PullPolicy = 'missing' | 'never' | 'always' | 'reuse';

export interface ContainerWish {
  /** Id or name of a container, or an image. */
  readonly target: string;
  /** For a new container; an existing one gets it as one more name. */
  readonly name: string | undefined;
  /** `reuse`: the container of that name if there is one, whatever `target` says. */
  readonly pull: PullPolicy;
  readonly source: PullRequest;
}

/**
 * Finds or makes the container. A name that cannot be given is refused before anything is pulled or made.
 * Throws NOT_FOUND, CONFLICT (name taken), USAGE, and what pulling and creating throw.
 */
export async function chooseContainer(context: ActionContext, wish: ContainerWish): Promise<Container> {
  const { target, name, pull } = wish;
  const store = storeOf(context);
  const reused = pull === 'reuse' && name !== undefined ? store.containers.find(name) : undefined;
  if (reused !== undefined) return reused;
  const existing = store.containers.find(target);
  if (existing !== undefined) return named(store, existing, name);
  if (name !== undefined) await requireFreeName(store, name);
  const image = await availableImage(context, store, wish);
  const { createContainer } = await import('./create-container.ts');
  return store.containers.require(await createContainer(context, image.text, { name }));
}

async function named(store: Store, container: Container, name: string | undefined): Promise<Container> {
  if (name === undefined || container.names.includes(name)) return container;
  await store.containers.addName(container, name);
  return store.containers.require(container.id);
}

async function availableImage(
  context: ActionContext,
  store: Store,
  wish: ContainerWish,
): Promise<ImageEntry> {
  const { target, pull, source } = wish;
  const here = store.images.find(target);
  const fits = here !== undefined && hasPlatform(store, here, source);
  if (here !== undefined && (pull === 'never' || (fits && pull !== 'always'))) {
    if (!fits) throw otherPlatform(here, source);
    return here;
  }
  if (whyNoImage(target) !== undefined) throw nothingCalled(target);
  const reference = parseReference(target);
  if (pull === 'never') throw notHere(formatReference(reference));
  const { pullImage } = await import('./pull-image.ts');
  await pullImage(context, reference, source);
  const pulled = store.images.find(reference);
  if (pulled === undefined)
    throw new UdockerError('INTERNAL', `the pulled image ${target} is not in the repository`);
  return pulled;
}

/** An image that does not name its platform fits any. */
function hasPlatform(store: Store, image: ImageEntry, { platform: wanted }: PullRequest): boolean {
  if (wanted === undefined) return true;
  const { platform } = parseImageConfig(store.images.read(image).configText, `of ${image.text}`);
  return platform === undefined || platformScore(wanted, platform) > 0;
}

function otherPlatform(image: ImageEntry, { platform }: PullRequest): UdockerError {
  const wanted = platform === undefined ? 'another platform' : formatPlatform(platform);
  return new UdockerError('UNSUPPORTED', `the image ${image.text} in the repository is not for ${wanted}`, {
    hint: 'leave --pull=never out to fetch the one that is',
  });
}

function notHere(image: string): UdockerError {
  return new UdockerError(
    'NOT_FOUND',
    `there is no container and no image ${image} here, and --pull=never was given`,
    {
      hint: `fetch it with: udocker pull ${image}`,
    },
  );
}
