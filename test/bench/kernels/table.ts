/** Columns padded to their widest cell; numbers are given as text, and all but the first column align right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

export const one = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(1));
export const two = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(2));
