/** Cuts one tar into several, in order, so that one real image can be made of one layer and of many. */
import { Buffer } from 'node:buffer';

/** `count` archives of about the same size; headers that announce an entry stay with it. */
export function splitTar(archive: Buffer, count: number): Buffer[] {
  const cuts: number[] = [0];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const flag = String.fromCharCode(archive[at + 156] ?? 0);
    at += 512 + Math.ceil(Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8) / 512) * 512;
    if (!'xgLK'.includes(flag) && at >= (cuts.length * archive.length) / count) cuts.push(at);
    if (archive[at] === 0) cuts[cuts[cuts.length - 1] === at ? cuts.length - 1 : cuts.length] = at;
  }
  const end = Buffer.alloc(1024);
  return cuts.slice(1).map((cut, index) => Buffer.concat([archive.subarray(cuts[index], cut), end]));
}
