/** Entrypoint and Cmd, combined as Docker does, with udocker's one-argument entrypoint. */
import type { ImageConfig } from '../oci/image-config.ts';

/**
 * The words to execute; empty when neither the user nor the image names any. `--entrypoint` replaces the
 * image's entrypoint and drops its Cmd; its text is split at blanks, as callers of the old tool rely on
 * (`--entrypoint="/bin/sh /x"`); empty text clears it.
 */
export function commandWords(
  image: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
  entrypoint: string | undefined,
  command: readonly string[],
): readonly string[] {
  if (entrypoint === undefined) return [...image.entrypoint, ...(command.length > 0 ? command : image.cmd)];
  return [...entrypoint.split(/[ \t]+/).filter((word) => word !== ''), ...command];
}
