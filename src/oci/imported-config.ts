/** The configuration of an image or container that comes from the tar of a file system, which says nothing of it. */
import type { DiffId } from './digest.ts';
import type { Platform } from './platform.ts';

export interface ImportedFacts {
  readonly platform: Platform;
  /** Seconds since 1970. */
  readonly created: number;
  /** Undefined for a container, which has no layers. */
  readonly diffId?: DiffId;
}

/** The configuration as JSON: no command, no variables, root in `/`. */
export function importedConfig({ platform, created, diffId }: ImportedFacts): string {
  const time = new Date(created * 1000).toISOString();
  const comment = 'imported by udocker';
  return JSON.stringify({
    created: time,
    comment,
    ...platform,
    config: {},
    ...(diffId === undefined ? {} : { rootfs: { type: 'layers', diff_ids: [diffId] } }),
    history: [{ created: time, comment }],
  });
}
