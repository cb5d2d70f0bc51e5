/**
 * What kind of program a file is, from its first bytes: the few fields of an ELF header that decide whether
 * this host can start it, or the interpreter line of a script.
 * Sources: System V ABI, "ELF header"; execve(2), "Interpreter scripts".
 */

export type Format =
  | { readonly kind: 'elf'; readonly bits: 32 | 64; readonly architecture: string; readonly loader?: string }
  | { readonly kind: 'script'; readonly interpreter: string }
  | { readonly kind: 'unknown' };

/** How much of a file `formatOf` wants to see; program headers and the loader's name come early. */
export const headBytes = 4096;

/** ELF e_machine numbers and the GOARCH names for them. */
const machines: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

const ptInterp = 3;

/** Recognises the first bytes of a program file. */
export function formatOf(head: Uint8Array): Format {
  if (head[0] === 0x23 && head[1] === 0x21) return script(head);
  const isElf =
    head.length >= 64 && head[0] === 0x7f && String.fromCharCode(...head.subarray(1, 4)) === 'ELF';
  return isElf ? elf(head) : { kind: 'unknown' };
}

function script(head: Uint8Array): Format {
  const text = new TextDecoder().decode(head.subarray(2));
  const [line = ''] = text.split('\n', 1);
  const [interpreter = ''] = line.trim().split(/[ \t]/, 1);
  return interpreter === '' ? { kind: 'unknown' } : { kind: 'script', interpreter };
}

function elf(head: Uint8Array): Format {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const bits = head[4] === 1 ? 32 : 64;
  const little = head[5] !== 2;
  const machine = view.getUint16(18, little);
  const name = machines[machine] ?? `machine ${machine}`;
  const architecture = machine === 21 && little ? 'ppc64le' : name;
  const loader = loaderOf(view, bits, little);
  return { kind: 'elf', bits, architecture, ...(loader === undefined ? {} : { loader }) };
}

function loaderOf(view: DataView, bits: 32 | 64, little: boolean): string | undefined {
  const word = (at: number) =>
    bits === 64 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const table = bits === 64 ? word(32) : word(28);
  const entrySize = view.getUint16(bits === 64 ? 54 : 42, little);
  const count = view.getUint16(bits === 64 ? 56 : 44, little);
  for (let index = 0; index < count; index += 1) {
    const at = table + index * entrySize;
    if (entrySize < 32 || at + entrySize > view.byteLength) return undefined;
    if (view.getUint32(at, little) !== ptInterp) continue;
    const offset = word(at + (bits === 64 ? 8 : 4));
    const size = word(at + (bits === 64 ? 32 : 16));
    if (offset + size > view.byteLength) return undefined;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, Math.max(0, size - 1));
    return new TextDecoder().decode(bytes);
  }
  return undefined;
}
