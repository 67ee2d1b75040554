import type { Dtype } from './kernel.ts';

/** Bits of the vectors that a module is written for: see `wasm-compile.ts` for how V8 comes to use 256. */
export type VectorBits = 128 | 256;

/** The block of C that lives in registers, and what one step of k takes in the packed panels beside it. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
  /** 128-bit vectors in a row: WebAssembly knows no wider ones. */
  readonly vectors: number;
  /** Whether packed A holds each number in all lanes, so that a plain load gives the vector to multiply with. */
  readonly splatted: boolean;
  /** Bytes of a step of k in a panel of A, and in one of B; C's tile has `rows` times the latter. */
  readonly stepA: number;
  readonly stepB: number;
}

export const bytesOf = (dtype: Dtype): number => (dtype === 'float64' ? 8 : 4);

const rows = 6;

/**
 * 6 rows by two vectors are 12 sums; with two vectors of B and one of A they fill the 15 registers that V8 hands out,
 * whether they are 128 bits wide or 256. Wide ones are pairs of 128-bit vectors in the module, and V8 pairs loads that
 * repeat one number, but no plain loads of A: so only the narrow module has its A packed ahead.
 */
export function registerTile(dtype: Dtype, bits: VectorBits): RegisterTile {
  const vectors = (2 * bits) / 128;
  const splatted = bits === 128;
  const stepB = 16 * vectors;
  return {
    rows,
    columns: stepB / bytesOf(dtype),
    vectors,
    splatted,
    stepA: rows * (splatted ? 16 : bytesOf(dtype)),
    stepB,
  };
}

/** Steps of k that the product unrolls: packed panels are padded with zeros to a multiple of it. */
export const depthStep = 8;
