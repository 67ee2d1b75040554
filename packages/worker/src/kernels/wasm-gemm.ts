import type { Dtype, Gemm } from './kernel.ts';
import type { HasWebAssembly, WebAssemblyMemory } from './web-assembly.ts';
import { bytesOf, depthStep, registerTile } from './wasm-tile.ts';
import type { VectorBits } from './wasm-tile.ts';

/**
 * Blocks of one product, multiples of the register tile. A block of C (1032×1024) stays in the module's memory for all of
 * k, as register tiles; per 256 of k a packed block of B (2 MiB) streams from L3 past packed blocks of 48 rows of A in L2.
 * Operands come in by strips of at most `strip` bytes, which are still in L2 when they are packed.
 */
const blocking = { rows: 1032, columns: 1024, depth: 256, rowsOfA: 48, strip: 256 * 1024 } as const;

/** Where things lie in the module's memory, in bytes. */
export interface WasmLayout {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly rowsOfA: number;
  readonly strip: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly pages: number;
  readonly size: number;
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly depthStep: number;
  readonly stepA: number;
  readonly stepB: number;
}

/** The layout for a dtype: 10.5 MiB for float64, 5.5 MiB for float32. */
export function wasmLayout(dtype: Dtype, bits: VectorBits = 128): WasmLayout {
  const size = bytesOf(dtype);
  const tile = registerTile(dtype, bits);
  const a = blocking.strip;
  const b = a + (blocking.rowsOfA / tile.rows) * blocking.depth * tile.stepA;
  const c = b + (blocking.columns / tile.columns) * blocking.depth * tile.stepB;
  const end = c + blocking.rows * blocking.columns * size;
  return {
    ...blocking,
    a,
    b,
    c,
    pages: Math.ceil(end / 65536),
    size,
    tileRows: tile.rows,
    tileColumns: tile.columns,
    depthStep,
    stepA: tile.stepA,
    stepB: tile.stepB,
  };
}

/** Bytes of one instance's memory: all that the kernel holds per thread and dtype. */
export const wasmMemoryBytes = (dtype: Dtype): number => wasmLayout(dtype).pages * 65536;

/**
 * Makes the product around the module's functions, for one dtype on one thread. Closed: see `compile.ts`; what it needs
 * comes as arguments that survive a `postMessage`.
 */
export function wasmGemm(module: object, layout: WasmLayout): (job: Gemm) => void {
  const { Instance } = (globalThis as HasWebAssembly).WebAssembly!;
  const { exports } = new Instance(module);
  type Pack = (
    to: number,
    from: number,
    line: number,
    depth: number,
    lines: number,
    k: number,
    paddedK: number,
  ) => void;
  const packA = exports['packA'] as Pack;
  const packB = exports['packB'] as Pack;
  const multiplyBlock = exports['multiplyBlock'] as (...numbers: number[]) => void;
  const unpackC = exports['unpackC'] as (...numbers: number[]) => void;
  const { buffer } = exports['memory'] as WebAssemblyMemory;
  const memory = layout.size === 8 ? new Float64Array(buffer) : new Float32Array(buffer);
  const { size } = layout;

  // oxlint-disable-next-line unicorn/consistent-function-scoping -- the text must hold all that it uses
  function roundUp(value: number, step: number): number {
    return Math.ceil(value / step) * step;
  }

  /** The block length that cuts `length` into equal blocks of at most `most`, in multiples of `step`. */
  function evenBlock(length: number, most: number, step: number): number {
    return roundUp(Math.ceil(length / Math.ceil(length / most)), step);
  }

  /** Copies `rows` stored rows of `cols` elements to the strip at address 0, densely. */
  function stage(source: Gemm['a'], offset: number, stride: number, rows: number, cols: number): void {
    if (stride === cols) memory.set(source.subarray(offset, offset + rows * cols));
    else
      for (let row = 0, from = offset; row < rows; row++, from += stride)
        memory.set(source.subarray(from, from + cols), row * cols);
  }

  /**
   * Packs `lines`×`depth` of a stored matrix as panels from address `to`. `lines` are rows of A or columns of B; when
   * `linesAreRows` a stored row is a line, else a stored row is a step of the depth.
   */
  function packPanels(
    pack: Pack,
    to: number,
    source: Gemm['a'],
    offset: number,
    stride: number,
    linesAreRows: boolean,
    lines: number,
    depth: number,
    panelLines: number,
    step: number,
  ): void {
    const padded = roundUp(depth, layout.depthStep);
    const panelBytes = padded * step;
    const most = Math.max(panelLines, Math.floor(layout.strip / size / depth / panelLines) * panelLines);
    for (let line = 0; line < lines; line += most) {
      const count = Math.min(most, lines - line);
      if (linesAreRows) stage(source, offset + line * stride, stride, count, depth);
      else stage(source, offset + line, stride, depth, count);
      const lineStride = (linesAreRows ? depth : 1) * size;
      const depthStride = (linesAreRows ? 1 : count) * size;
      for (let first = 0; first < count; first += panelLines) {
        const at = to + ((line + first) / panelLines) * panelBytes;
        pack(at, first * lineStride, lineStride, depthStride, Math.min(panelLines, count - first), depth, padded);
      }
    }
  }

  /**
   * C := alpha · block + beta · C, with plain copies where that is all. The block's tiles become rows in the strip, as many
   * rows at a time as a tile has.
   */
  function store(job: Gemm, row: number, column: number, rows: number, columns: number): void {
    const { alpha, beta, c, ldc } = job;
    const tileBytes = layout.tileRows * layout.stepB;
    const acrossPanels = Math.ceil(columns / layout.tileColumns);
    const stripColumns = acrossPanels * layout.tileColumns;
    for (let i = 0; i < rows; i += layout.tileRows) {
      const block = i - (i % layout.rowsOfA);
      const downPanels = Math.ceil(Math.min(layout.rowsOfA, rows - block) / layout.tileRows);
      const from = layout.c + block * stripColumns * size + ((i - block) / layout.tileRows) * tileBytes;
      unpackC(0, from, acrossPanels, downPanels * tileBytes, stripColumns * size);
      for (let down = 0; down < Math.min(layout.tileRows, rows - i); down++) {
        const at = job.cOffset + (row + i + down) * ldc + column;
        const sums = memory.subarray(down * stripColumns, down * stripColumns + columns);
        if (alpha === 1 && beta === 0) c.set(sums, at);
        else combine(alpha, sums, beta, c.subarray(at, at + columns), columns);
      }
    }
  }

  // oxlint-disable-next-line unicorn/consistent-function-scoping -- as above
  function combine(alpha: number, sums: Gemm['a'], beta: number, c: Gemm['c'], length: number): void {
    if (beta === 0) for (let j = 0; j < length; j++) c[j] = alpha * sums[j]!;
    else for (let j = 0; j < length; j++) c[j] = alpha * sums[j]! + beta * c[j]!;
  }

  return function gemm(job: Gemm): void {
    const { m, n, k, a, aOffset, lda, transA, b, bOffset, ldb, transB } = job;
    const mb = evenBlock(m, layout.rows, layout.tileRows);
    const nb = evenBlock(n, layout.columns, layout.tileColumns);
    const kb = evenBlock(k, layout.depth, layout.depthStep);
    for (let jc = 0; jc < n; jc += nb) {
      const columns = Math.min(nb, n - jc);
      for (let ic = 0; ic < m; ic += mb) {
        const rows = Math.min(mb, m - ic);
        for (let pc = 0; pc < k; pc += kb) {
          const depth = Math.min(kb, k - pc);
          const fromB = bOffset + (transB ? jc * ldb + pc : pc * ldb + jc);
          packPanels(packB, layout.b, b, fromB, ldb, transB, columns, depth, layout.tileColumns, layout.stepB);
          for (let ir = 0; ir < rows; ir += layout.rowsOfA) {
            const some = Math.min(layout.rowsOfA, rows - ir);
            const fromA = aOffset + (transA ? pc * lda + ic + ir : (ic + ir) * lda + pc);
            packPanels(packA, layout.a, a, fromA, lda, !transA, some, depth, layout.tileRows, layout.stepA);
            multiplyBlock(
              layout.a,
              layout.b,
              layout.c + ir * roundUp(columns, layout.tileColumns) * size,
              Math.ceil(some / layout.tileRows),
              Math.ceil(columns / layout.tileColumns),
              roundUp(depth, layout.depthStep),
              pc > 0 ? 1 : 0,
            );
          }
        }
        store(job, ic, jc, rows, columns);
      }
    }
  };
}
