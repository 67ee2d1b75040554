import type { Dtype } from './kernel.ts';
import {
  add,
  addVectors,
  assemble,
  firstLane,
  i32,
  loadSplat,
  loadVector,
  multiply,
  multiplyAdd,
  multiplyVectors,
  seq,
  splat,
  storeVector,
  when,
  zeroVector,
} from './wasm-assembler.ts';
import type { Code, FunctionSource, Local, Locals } from './wasm-assembler.ts';
import { packA, packB, real, unpackC } from './wasm-packing.ts';
import { bytesOf, depthStep, registerTile } from './wasm-tile.ts';
import type { RegisterTile, VectorBits } from './wasm-tile.ts';

export interface ModuleOptions {
  readonly dtype: Dtype;
  /** Use relaxed multiply-add, which is fused where the processor can; else a product and a sum. */
  readonly relaxed: boolean;
  readonly bits?: VectorBits;
  /** 64 KiB pages of the module's memory. */
  readonly pages: number;
}

/** The kernel's module: functions that pack panels, one that multiplies packed blocks and one that unpacks the result. */
export function emitModule({ dtype, relaxed, bits = 128, pages }: ModuleOptions): Uint8Array<ArrayBuffer> {
  const tile = registerTile(dtype, bits);
  return assemble([packA(dtype, tile), packB(dtype, tile), multiplyBlock(dtype, tile, relaxed), unpackC(tile)], pages);
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

/** Steps of k that the loop unrolls: more would not fit the cache of decoded instructions for the narrow module. */
const unrolling = (tile: RegisterTile): number => (tile.splatted ? depthStep / 2 : depthStep);

/**
 * multiplyBlock(a, b, c, aPanels, bPanels, paddedDepth, accumulate): C := A·B or C + A·B, where A is `aPanels` packed
 * panels of rows, B is `bPanels` packed panels of columns, and C is their tiles one after another, those of a panel of B
 * together: 48 rows at the stride of a whole matrix would fall into a few sets of the caches (37 against 47 GFLOPS).
 *
 * The order of instructions is the kernel: per step of k load the vectors of B, then per row load A and use it at once.
 * V8 keeps this order; any that lets more than 15 vectors be alive spills to the stack and loses a quarter. Stores of a
 * row follow each other with nothing between, as V8 pairs them only then.
 */
function multiplyBlock(dtype: Dtype, tile: RegisterTile, relaxed: boolean): FunctionSource {
  const type = real(dtype);
  const steps = unrolling(tile);
  const plus = (sum: Code, a: Code, b: Code) =>
    relaxed ? multiplyAdd(type, a, b, sum) : addVectors(type, sum, multiplyVectors(type, a, b));
  const loadA = (from: Local, step: number, row: number): Code =>
    tile.splatted
      ? loadVector(from.get, step * tile.stepA + 16 * row)
      : loadSplat(type, from.get, step * tile.stepA + bytesOf(dtype) * row);
  return {
    name: 'multiplyBlock',
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    body(locals, parameters) {
      type Seven = [Local, Local, Local, Local, Local, Local, Local];
      const [a, b, c, aPanels, bPanels, paddedDepth, accumulate] = parameters as Seven;
      const fromA = locals.new('i32');
      const fromB = locals.new('i32');
      const sums = Array.from({ length: tile.rows }, () => vectors(locals, tile));
      const vectorsOfB = vectors(locals, tile);
      const vectorOfA = locals.new('v128');

      const depthStepAt = (step: number): Code =>
        seq(
          ...vectorsOfB.map((vector, v) => vector.set(loadVector(fromB.get, step * tile.stepB + 16 * v))),
          ...sums.map((rowSums, i) =>
            seq(
              vectorOfA.set(loadA(fromA, step, i)),
              ...rowSums.map((sum, v) => sum.set(plus(sum.get, vectorOfA.get, vectorsOfB[v]!.get))),
            ),
          ),
        );

      const addOld = seq(
        ...sums.map((rowSums, i) =>
          seq(
            ...rowSums.map((sum, v) => sum.set(addVectors(type, loadVector(c.get, i * tile.stepB + 16 * v), sum.get))),
          ),
        ),
      );
      const storeTile = seq(
        ...sums.map((rowSums, i) =>
          seq(...rowSums.map((sum, v) => storeVector(c.get, sum.get, i * tile.stepB + 16 * v))),
        ),
      );

      return locals.loop(bPanels.get, 1, () =>
        seq(
          fromA.set(a.get),
          locals.loop(aPanels.get, 1, () =>
            seq(
              fromB.set(b.get),
              ...sums.flat().map((sum) => sum.set(zeroVector)),
              locals.loop(paddedDepth.get, steps, () =>
                seq(
                  ...Array.from({ length: steps }, (_, step) => depthStepAt(step)),
                  fromA.set(add(fromA.get, i32(steps * tile.stepA))),
                  fromB.set(add(fromB.get, i32(steps * tile.stepB))),
                ),
              ),
              when(accumulate.get, seq(addOld, storeTile), storeTile),
              c.set(add(c.get, i32(tile.rows * tile.stepB))),
            ),
          ),
          b.set(add(b.get, multiply(paddedDepth.get, i32(tile.stepB)))),
        ),
      );
    },
  };
}

const vectors = (locals: Locals, tile: RegisterTile): Local[] =>
  Array.from({ length: tile.vectors }, () => locals.new('v128'));
