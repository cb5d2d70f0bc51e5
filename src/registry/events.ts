/** What the registry room reports while it works, to whoever shows it. Never needed to get the work done. */
import type { Digest } from '../oci/digest.ts';

export type RegistryEvent =
  /** An attempt failed and is repeated after `delayMs`; `attempt` is the number of the coming one, from 2. */
  | {
      readonly kind: 'retrying';
      readonly doing: string;
      readonly reason: string;
      readonly attempt: number;
      readonly attempts: number;
      readonly delayMs: number;
    }
  /** https did not answer and plain http is used. */
  | { readonly kind: 'plain-http'; readonly host: string; readonly reason: string }
  /** `received` bytes of the blob have come, those before the offset included. */
  | {
      readonly kind: 'blob-progress';
      readonly digest: Digest;
      readonly received: number;
      readonly size: number;
    }
  /** A blob was cut and is continued at `offset`; without ranges the server sends it again from the start. */
  | {
      readonly kind: 'blob-resumed';
      readonly digest: Digest;
      readonly offset: number;
      readonly ranges: boolean;
    }
  /** A source of credentials could not be used; the work goes on without it. */
  | { readonly kind: 'credentials-unavailable'; readonly source: string; readonly reason: string };

export type OnRegistryEvent = (event: RegistryEvent) => void;
