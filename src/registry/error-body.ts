/** What a registry says in the body of a refusal. Source: distribution spec, "Error codes". */

export type Said =
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | { readonly kind: 'web-page' }
  | { readonly kind: 'nothing' };

/** Reads the start of a body. It goes to a terminal: cleaned of control characters, and short. */
export function spoken(text: string, contentType: string | undefined): Said {
  if (/^\s*<(?:!doctype html|html)/i.test(text) || contentType?.startsWith('text/html'))
    return { kind: 'web-page' };
  try {
    const document = JSON.parse(text) as {
      errors?: { code?: unknown; message?: unknown }[];
      details?: unknown;
    } | null;
    const first = document?.errors?.[0];
    if (first === undefined) return { kind: 'nothing' };
    return { kind: 'error', code: printable(first.code), message: printable(first.message) };
  } catch {
    return { kind: 'nothing' };
  }
}

/** A registry's words go to a terminal: no control characters, and not a page of them. */
function printable(value: unknown): string {
  return typeof value === 'string'
    ? value
        .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
        .trim()
        .slice(0, 300)
    : '';
}
