/** What the store reports while it works; `cli/` decides what of it a user sees. */
import type { HostPath } from '../paths.ts';

export type StoreEvent =
  | { readonly kind: 'repository-created'; readonly path: HostPath }
  /** Another process is at the same thing; we have waited for a second and go on waiting. */
  | { readonly kind: 'waiting-for-lock'; readonly purpose: string; readonly path: HostPath }
  /** What a killed process had left unfinished was removed. */
  | { readonly kind: 'leftover-removed'; readonly path: HostPath }
  | { readonly kind: 'blobs-freed'; readonly count: number; readonly bytes: number };

export type StoreListener = (event: StoreEvent) => void;
