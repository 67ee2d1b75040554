import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Shape = readonly [rows: number, cols: number];

/** Writes a Zarr v2 array of float64, not compressed, in chunks that others chose: whole ones only. */
export function writeV2(path: string, shape: Shape, chunks: Shape): void {
  mkdirSync(path);
  const document = { zarr_format: 2, shape, chunks, dtype: '<f8', order: 'C', fill_value: 0 };
  writeFileSync(join(path, '.zarray'), JSON.stringify({ ...document, compressor: null, filters: null }));
  const [rows, cols] = chunks;
  for (let r = 0; r * rows < shape[0]; r++) {
    for (let c = 0; c * cols < shape[1]; c++) {
      writeFileSync(
        join(path, `${r}.${c}`),
        Float64Array.from({ length: rows * cols }, (_, at) => Math.sin(at + r - c)),
      );
    }
  }
}
