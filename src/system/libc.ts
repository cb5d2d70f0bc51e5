/** The one door to calls of the C library that no portable API offers, through bun:ffi; opening it costs a millisecond. */
export type Ffi = typeof import('bun:ffi');

type Signatures = Parameters<Ffi['dlopen']>[1];
type Symbols<S extends Signatures> = ReturnType<typeof import('bun:ffi').dlopen<S>>['symbols'];

/**
 * Opens the C library once, with these calls, when it is first asked for. Gives undefined under Node, and where this
 * process may not make code at run time, which the runtime's ffi needs (a host that forbids it, or no memory for it).
 */
export function libcWith<S extends Signatures>(signatures: S): () => Symbols<S> | undefined {
  let opened: { readonly symbols: Symbols<S> | undefined } | undefined;
  return () => {
    opened ??= { symbols: open(signatures) };
    return opened.symbols;
  };
}

function open<S extends Signatures>(signatures: S): Symbols<S> | undefined {
  if (process.versions.bun === undefined) return undefined;
  try {
    return ffi().dlopen('libc.so.6', signatures).symbols as Symbols<S>;
  } catch (error) {
    if (error instanceof Error && error.message.includes('requires the JIT')) return undefined;
    throw error;
  }
}

/** The runtime's ffi itself; only for who has found the library open. */
export function ffi(): Ffi {
  return (process.getBuiltinModule as (name: string) => unknown)('bun:ffi') as Ffi;
}
