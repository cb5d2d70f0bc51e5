/**
 * What verbs tell while they work. Events are facts, not sentences, where a listener may want to show more than
 * a line; `cli/` decides what of it is shown.
 */
export type ActionEvent =
  /** Something went differently from what was asked for. */
  | { readonly kind: 'warning'; readonly message: string }
  /** A step that people want to see by default. */
  | { readonly kind: 'info'; readonly message: string }
  /** A step that matters when something is wrong. */
  | { readonly kind: 'debug'; readonly message: string }
  /** A container's process is about to start. */
  | {
      readonly kind: 'starting';
      /** Its id, or the directory of `--location`. */
      readonly container: string;
      readonly mode: string;
      readonly command: string;
    }
  | BlobEvent;

/** The life of one blob: `present`, or `started`, any number of `progress`, then `done`. */
export type BlobEvent =
  | (BlobFacts & { readonly kind: 'blob-present' })
  | (BlobFacts & { readonly kind: 'blob-started' })
  /** `bytes` of `size` have arrived so far; sent often. */
  | (BlobFacts & { readonly kind: 'blob-progress'; readonly bytes: number })
  | (BlobFacts & { readonly kind: 'blob-done' });

export interface BlobFacts {
  readonly work: 'download' | 'extract' | 'verify';
  readonly digest: string;
  /** In bytes, as transferred. */
  readonly size: number;
}
