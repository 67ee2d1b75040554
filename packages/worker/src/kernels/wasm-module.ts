import type { Dtype } from './kernel.ts';
import {
  add,
  addVectors,
  and,
  assemble,
  equal,
  firstLane,
  i32,
  load,
  loadSplat,
  loadVector,
  multiply,
  multiplyAdd,
  multiplyVectors,
  seq,
  splat,
  store,
  storeVector,
  when,
  zeroMemory,
  zeroVector,
} from './wasm-assembler.ts';
import type { Code, FunctionSource, Local, Locals } from './wasm-assembler.ts';

/**
 * Shape of the register tile: 6 rows of A by two vectors of B are 12 sums, and with two vectors of B and one of A they
 * fill the 15 vector registers that V8 hands out. `depthStep` steps of k are unrolled.
 */
export const tile = { rows: 6, vectors: 2, depthStep: 4 } as const;

/** Columns of the register tile: 4 of float64, 8 of float32. */
export const tileColumns = (dtype: Dtype): number => (tile.vectors * 16) / bytesOf(dtype);

export const bytesOf = (dtype: Dtype): number => (dtype === 'float64' ? 8 : 4);

/** Bytes that one step of k takes in a packed panel: A holds each number in all lanes, B holds two vectors. */
export const panelStep = { a: tile.rows * 16, b: tile.vectors * 16 } as const;

export interface ModuleOptions {
  readonly dtype: Dtype;
  /** Use relaxed multiply-add, which is fused where the processor can; else a product and a sum. */
  readonly relaxed: boolean;
  /** 64 KiB pages of the module's memory. */
  readonly pages: number;
}

/** The kernel's module: two functions that pack panels and one that multiplies packed blocks. */
export function emitModule({ dtype, relaxed, pages }: ModuleOptions): Uint8Array<ArrayBuffer> {
  return assemble([packA(dtype), packB(dtype), multiplyBlock(dtype, relaxed)], pages);
}

/** `fused(x, y, z)` is relaxed x·y + z, to be tried with numbers whose fused result differs (`wasm-features.ts`). */
export const emitProbe = (): Uint8Array<ArrayBuffer> =>
  assemble(
    [
      {
        name: 'fused',
        parameters: ['f64', 'f64', 'f64'],
        result: 'f64',
        body: (_, [x, y, z]) =>
          firstLane('f64', multiplyAdd('f64', splat('f64', x!.get), splat('f64', y!.get), splat('f64', z!.get))),
      },
    ],
    0,
  );

const real = (dtype: Dtype) => (dtype === 'float64' ? 'f64' : 'f32');

/**
 * packA(to, from, rowStride, depthStride, rows, depth, paddedDepth): one panel of up to 6 rows, each number repeated in
 * all lanes so that the multiplication loads it with one plain load. Strides are in bytes. Missing rows and the depth up
 * to `paddedDepth` are zero.
 */
function packA(dtype: Dtype): FunctionSource {
  const type = real(dtype);
  return packFunction('packA', panelStep.a, tile.rows, 16, (to, from, offset) =>
    storeVector(to, loadSplat(type, from), offset),
  );
}

/**
 * packB(to, from, columnStride, depthStride, columns, depth, paddedDepth): one panel of up to 4 (float64) or 8 (float32)
 * columns, `panel[k][column]`. Whole panels of neighbouring columns are moved by vectors.
 */
function packB(dtype: Dtype): FunctionSource {
  const type = real(dtype);
  const size = bytesOf(dtype);
  const columns = tileColumns(dtype);
  const general = packFunction('packB', panelStep.b, columns, size, (to, from, offset) =>
    store(type, to, load(type, from), offset),
  );
  return {
    ...general,
    body(locals, parameters) {
      const [to, from, columnStride, depthStride, wanted, depth, paddedDepth] = parameters as PackParameters;
      const byVectors = seq(
        zeroTail(to, depth, paddedDepth, panelStep.b),
        locals.loop(depth.get, 1, () =>
          seq(
            storeVector(to.get, loadVector(from.get)),
            storeVector(to.get, loadVector(from.get, 16), 16),
            to.set(add(to.get, i32(panelStep.b))),
            from.set(add(from.get, depthStride.get)),
          ),
        ),
      );
      return when(
        equal(columnStride.get, i32(size)),
        when(equal(wanted.get, i32(columns)), byVectors, general.body(locals, parameters)),
        general.body(locals, parameters),
      );
    },
  };
}

type PackParameters = [Local, Local, Local, Local, Local, Local, Local];

/** Steps of the depth that packing unrolls. */
const unrolled = 4;

function packFunction(
  name: string,
  step: number,
  lines: number,
  width: number,
  move: (to: Code, from: Code, offset: number) => Code,
): FunctionSource {
  return {
    name,
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    body(locals, parameters) {
      const [to, from, lineStride, depthStride, wanted, depth, paddedDepth] = parameters as PackParameters;
      const target = locals.new('i32');
      const source = locals.new('i32');
      const moves = (count: number): Code =>
        seq(
          ...Array.from({ length: count }, (_, i) =>
            seq(move(target.get, source.get, i * step), source.set(add(source.get, depthStride.get))),
          ),
          target.set(add(target.get, i32(count * step))),
        );
      return seq(
        when(
          equal(wanted.get, i32(lines)),
          zeroTail(to, depth, paddedDepth, step),
          zeroMemory(to.get, multiply(paddedDepth.get, i32(step))),
        ),
        locals.loop(wanted.get, 1, (line) =>
          seq(
            target.set(add(to.get, multiply(line, i32(width)))),
            source.set(add(from.get, multiply(line, lineStride.get))),
            locals.loop(and(depth.get, i32(-unrolled)), unrolled, () => moves(unrolled)),
            locals.loop(and(depth.get, i32(unrolled - 1)), 1, () => moves(1)),
          ),
        ),
      );
    },
  };
}

/** Zeros from `depth` to `paddedDepth`, fewer than `tile.depthStep` steps. */
const zeroTail = (to: Local, depth: Local, paddedDepth: Local, step: number): Code =>
  zeroMemory(
    add(to.get, multiply(depth.get, i32(step))),
    multiply(add(paddedDepth.get, multiply(depth.get, i32(-1))), i32(step)),
  );

/**
 * multiplyBlock(a, b, c, aPanels, bPanels, paddedDepth, cStride, accumulate): C := A·B or C + A·B, where A is `aPanels`
 * packed panels of 6 rows, B is `bPanels` packed panels, and C is row-major with a stride of `cStride` bytes.
 *
 * The order of instructions is the kernel: per step of k load two vectors of B, then per row load A and use it at once.
 * V8 keeps this order; any that lets more than 15 vectors be alive spills to the stack and loses a quarter.
 */
function multiplyBlock(dtype: Dtype, relaxed: boolean): FunctionSource {
  const type = real(dtype);
  const plus = (sum: Code, a: Code, b: Code) =>
    relaxed ? multiplyAdd(type, a, b, sum) : addVectors(type, sum, multiplyVectors(type, a, b));
  return {
    name: 'multiplyBlock',
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    body(locals, parameters) {
      const [a, b, c, aPanels, bPanels, paddedDepth, cStride, accumulate] = parameters as [...PackParameters, Local];
      const fromA = locals.new('i32');
      const fromB = locals.new('i32');
      const row = locals.new('i32');
      const column = locals.new('i32');
      const sums = Array.from({ length: tile.rows }, () => vectors(locals));
      const vectorsOfB = vectors(locals);
      const numberOfA = locals.new('v128');

      const depthStep = (unrolled: number): Code =>
        seq(
          ...vectorsOfB.map((vector, v) => vector.set(loadVector(fromB.get, unrolled * panelStep.b + 16 * v))),
          ...sums.map((rowSums, i) =>
            seq(
              numberOfA.set(loadVector(fromA.get, unrolled * panelStep.a + 16 * i)),
              ...rowSums.map((sum, v) => sum.set(plus(sum.get, numberOfA.get, vectorsOfB[v]!.get))),
            ),
          ),
        );

      const storeRows = (value: (sum: Code, v: number) => Code): Code =>
        seq(
          ...sums.map((rowSums, i) =>
            seq(
              i === 0 ? [] : row.set(add(row.get, cStride.get)),
              ...rowSums.map((sum, v) => storeVector(row.get, value(sum.get, v), 16 * v)),
            ),
          ),
        );

      return seq(
        column.set(c.get),
        locals.loop(bPanels.get, 1, () =>
          seq(
            fromA.set(a.get),
            row.set(column.get),
            locals.loop(aPanels.get, 1, () =>
              seq(
                fromB.set(b.get),
                ...sums.flat().map((sum) => sum.set(zeroVector)),
                locals.loop(paddedDepth.get, tile.depthStep, () =>
                  seq(
                    ...Array.from({ length: tile.depthStep }, (_, unrolled) => depthStep(unrolled)),
                    fromA.set(add(fromA.get, i32(tile.depthStep * panelStep.a))),
                    fromB.set(add(fromB.get, i32(tile.depthStep * panelStep.b))),
                  ),
                ),
                when(
                  accumulate.get,
                  storeRows((sum, v) => addVectors(type, loadVector(row.get, 16 * v), sum)),
                  storeRows((sum) => sum),
                ),
                row.set(add(row.get, cStride.get)),
              ),
            ),
            b.set(add(b.get, multiply(paddedDepth.get, i32(panelStep.b)))),
            column.set(add(column.get, i32(panelStep.b))),
          ),
        ),
      );
    },
  };
}

const vectors = (locals: Locals): Local[] => Array.from({ length: tile.vectors }, () => locals.new('v128'));
