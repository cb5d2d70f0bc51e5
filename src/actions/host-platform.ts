/** What this machine runs. */
import { normalise, type Platform } from '../oci/platform.ts';

/** The platform of this machine, in the words of images. */
export function hostPlatform(): Platform {
  return normalise({ os: 'linux', architecture: process.arch });
}
