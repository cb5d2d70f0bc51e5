/** Writes an archive of documents and of the tars of layers, each of which is decompressed and verified on its way. */
import { Buffer } from 'node:buffer';
import { UdockerError } from '../../errors.ts';
import type { HostPath } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { openOutputFile, outputName } from '../../system/output-file.ts';
import { explain } from '../extract/explain.ts';
import { type Layer, layerName } from '../layer.ts';
import type { ChunkSource } from '../tar/cursor.ts';
import { TarWriter } from '../tar/writer.ts';

export type NewMember =
  | { readonly kind: 'document'; readonly name: string; readonly text: string }
  /** The tar of the next layer, in their order; `size` is that of the tar. */
  | { readonly kind: 'layer'; readonly name: string; readonly size: number };

const common = { uid: 0, gid: 0, mode: 0o644, mtime: 0 } as const;

/**
 * Writes `members` to `output`. `open` opens the tar of a layer; its errors come at its end. Throws INTEGRITY, INVALID,
 * STORAGE or INTERRUPTED; nothing has the name of `output` then that had not before.
 */
export function writeMembers(
  members: readonly NewMember[],
  layers: readonly Layer[],
  output: HostPath,
  open: (index: number) => ChunkSource,
  cancelled: () => boolean,
): void {
  const subject = { kind: 'archive', name: outputName(output) } as const;
  const work = <T>(doing: () => T): T => explained(doing, (error) => explain(error, 'writing', subject));
  const file = work(() => openOutputFile(output));
  const writer = new TarWriter((chunk, start, end) => {
    if (cancelled()) throw new UdockerError('INTERRUPTED', 'saving was interrupted');
    work(() => file.write(chunk, start, end));
  });
  try {
    let next = 0;
    for (const member of members) {
      if (member.kind === 'document')
        writer.file({ ...common, name: member.name as ByteString }, Buffer.from(member.text));
      else {
        const layer = layers[next];
        if (layer === undefined) throw new RangeError(`no layer for ${member.name}`);
        copyLayer(writer, member, layer, open(next));
        next += 1;
      }
    }
    writer.end();
  } catch (error) {
    file.abandon();
    throw error;
  }
  work(() => file.publish());
}

function copyLayer(
  writer: TarWriter,
  { name, size }: Extract<NewMember, { kind: 'layer' }>,
  layer: Layer,
  source: ChunkSource,
): void {
  writer.entry({ ...common, kind: 'file', name: name as ByteString, size });
  const subject = { kind: 'layer', name: layerName(layer) } as const;
  const next = (): Buffer | undefined =>
    explained(
      () => source.next(),
      (error) => explain(error, 'saving', subject),
    );
  let copied = 0;
  for (let chunk = next(); chunk !== undefined; chunk = next()) {
    copied += writer.body(chunk, 0, chunk.length) === chunk.length ? chunk.length : Number.NaN;
  }
  // Its sums were right twice, so it can only have been changed in between, together with what names it.
  if (copied !== size) throw new UdockerError('INTEGRITY', `saving layer ${subject.name}: it is changing`);
}

function explained<T>(work: () => T, explanation: (error: unknown) => UdockerError): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UdockerError && error.code === 'INTERRUPTED' ? error : explanation(error);
  }
}
