/** What an archive of files, as against a layer, is made of: the answer of `unpackArchive`. */
import type { Digest } from '../../oci/digest.ts';
import type { HostPath } from '../../paths.ts';

export type Member =
  | {
      readonly kind: 'file';
      /** Without `./` and the like; one byte per character. */
      readonly name: string;
      /** Where its content was put. */
      readonly path: HostPath;
      readonly size: number;
      /** sha512 for a file that an OCI layout calls so, else sha256. */
      readonly digest: Digest;
      /** The first bytes, one per character: they tell how it is compressed. */
      readonly start: string;
    }
  /** A symbolic or hard link; `target` is the name of another member. */
  | { readonly kind: 'link'; readonly name: string; readonly target: string };
