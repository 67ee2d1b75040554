import type { Dtype } from './kernel.ts';
import {
  add,
  and,
  equal,
  i32,
  load,
  loadSplat,
  loadVector,
  multiply,
  seq,
  store,
  storeVector,
  when,
  zeroMemory,
} from './wasm-assembler.ts';
import type { Code, FunctionSource, Local } from './wasm-assembler.ts';
import { bytesOf } from './wasm-tile.ts';
import type { RegisterTile } from './wasm-tile.ts';

export const real = (dtype: Dtype) => (dtype === 'float64' ? 'f64' : 'f32');

/**
 * packA(to, from, rowStride, depthStride, rows, depth, paddedDepth): one panel of up to 6 rows, `panel[k][row]`. Strides
 * are in bytes. Missing rows and the depth up to `paddedDepth` are zero.
 */
export function packA(dtype: Dtype, tile: RegisterTile): FunctionSource {
  const type = real(dtype);
  if (tile.splatted)
    return packFunction('packA', tile.stepA, tile.rows, 16, (to, from, offset) =>
      storeVector(to, loadSplat(type, from), offset),
    );
  return packFunction('packA', tile.stepA, tile.rows, bytesOf(dtype), (to, from, offset) =>
    store(type, to, load(type, from), offset),
  );
}

/**
 * packB(to, from, columnStride, depthStride, columns, depth, paddedDepth): one panel of up to `tile.columns` columns,
 * `panel[k][column]`. Whole panels of neighbouring columns are moved by vectors.
 */
export function packB(dtype: Dtype, tile: RegisterTile): FunctionSource {
  const type = real(dtype);
  const size = bytesOf(dtype);
  const general = packFunction('packB', tile.stepB, tile.columns, size, (to, from, offset) =>
    store(type, to, load(type, from), offset),
  );
  return {
    ...general,
    body(locals, parameters) {
      const [to, from, columnStride, depthStride, wanted, depth, paddedDepth] = parameters as PackParameters;
      const byVectors = seq(
        zeroTail(to, depth, paddedDepth, tile.stepB),
        locals.loop(depth.get, 1, () =>
          seq(
            moveVectors(to, from, tile.vectors),
            to.set(add(to.get, i32(tile.stepB))),
            from.set(add(from.get, depthStride.get)),
          ),
        ),
      );
      return when(
        equal(columnStride.get, i32(size)),
        when(equal(wanted.get, i32(tile.columns)), byVectors, general.body(locals, parameters)),
        general.body(locals, parameters),
      );
    },
  };
}

/**
 * unpackC(to, from, panels, panelStride, rowStride): a row of `panels` tiles of C, `panelStride` bytes apart, as rows of
 * elements `rowStride` bytes apart.
 */
export function unpackC(tile: RegisterTile): FunctionSource {
  return {
    name: 'unpackC',
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32'],
    body(locals, parameters) {
      const [to, from, panels, panelStride, rowStride] = parameters as [Local, Local, Local, Local, Local];
      const row = locals.new('i32');
      return locals.loop(panels.get, 1, () =>
        seq(
          row.set(to.get),
          ...Array.from({ length: tile.rows }, (_, i) =>
            seq(
              i === 0 ? [] : row.set(add(row.get, rowStride.get)),
              moveVectors(row, from, tile.vectors, i * tile.stepB),
            ),
          ),
          to.set(add(to.get, i32(tile.stepB))),
          from.set(add(from.get, panelStride.get)),
        ),
      );
    },
  };
}

const moveVectors = (to: Local, from: Local, vectors: number, offset = 0): Code =>
  seq(...Array.from({ length: vectors }, (_, v) => storeVector(to.get, loadVector(from.get, offset + 16 * v), 16 * v)));

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

/** Zeros from `depth` to `paddedDepth`, fewer than `depthStep` steps. */
const zeroTail = (to: Local, depth: Local, paddedDepth: Local, step: number): Code =>
  zeroMemory(
    add(to.get, multiply(depth.get, i32(step))),
    multiply(add(paddedDepth.get, multiply(depth.get, i32(-1))), i32(step)),
  );
