/** JSON as udocker always printed it: keys sorted, indented by four blanks. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value), undefined, 4);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
