/** Counting while layers are applied; becomes the report. */
import type { LayerReport } from '../layer.ts';

export type Counts = { -readonly [Key in keyof LayerReport]: number };

export function newCounts(): Counts {
  return {
    layers: 0,
    entries: 0,
    files: 0,
    directories: 0,
    symlinks: 0,
    hardLinks: 0,
    copiedLinks: 0,
    fifos: 0,
    whiteouts: 0,
    skippedDevices: 0,
    skippedFifos: 0,
    ignoredXattrs: 0,
    refusedXattrs: 0,
    ownersListed: 0,
    bytes: 0,
  };
}
