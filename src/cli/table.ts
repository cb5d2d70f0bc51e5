/** Columns for people, that `cut` and `grep` can still take apart. */

/** Lines of `rows` with columns as wide as their widest cell, one blank between; no blanks at line ends. */
export function alignColumns(rows: readonly (readonly string[])[], gap = 1): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd((widths[index] ?? 0) + gap))
      .join('')
      .trimEnd(),
  );
}

/** Breaks `text` at blanks into lines of at most `width` characters. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
