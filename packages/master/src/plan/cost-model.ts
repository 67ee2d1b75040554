import { bytesPerElement, type DType } from '@tessera/protocol';

/**
 * What the planner believes of the fleet. Bytes and rates are per worker. The defaults are careful guesses, used until
 * measured rates are given; they decide between plans, never whether a job runs.
 */
export interface FleetModel {
  readonly workers: number;
  /** Budget of one worker process, all included. */
  readonly memoryBytes: number;
  /** Multiply rate, floating point operations per second. */
  readonly flopsPerSecond: number;
  /** Store traffic, bytes per second, reading and writing together. */
  readonly bytesPerSecond: number;
  /** Queue round trips, requests and bookkeeping of one package. */
  readonly secondsPerPackage: number;
}

/** Node, the SDK, the kernel's packing buffers and the codecs: what a worker holds before its first tile. Measured: 90 to 130 MiB. */
export const WORKER_BASE_BYTES = 160 * 1024 * 1024;

/** Blocks of C that a worker holds at once: one being computed, one being stored. */
const BLOCKS_OF_C = 2;
/** Pairs of operand pieces at once: in the kernel, the next of the same block, the first of the next package. */
const OPERAND_PIECES = 3;

/**
 * Bytes that a worker needs at most for a block of C of rows x cols whose operands arrive in pieces of `kStep`:
 *
 *     base + 2·rows·cols + 3·(rows + cols)·kStep elements
 */
export function multiplyBytes(rows: number, cols: number, kStep: number, dtype: DType): number {
  const elements = BLOCKS_OF_C * rows * cols + OPERAND_PIECES * (rows + cols) * kStep;
  return WORKER_BASE_BYTES + elements * bytesPerElement(dtype);
}

/** Bytes for element-wise packages: two of them under way, three tiles each. */
export function elementWiseBytes(rows: number, cols: number, dtype: DType): number {
  return WORKER_BASE_BYTES + 6 * rows * cols * bytesPerElement(dtype);
}

/**
 * Wall seconds of `packages` equal packages on the fleet: rounds of one package each per worker, and half a package more
 * because workers are never quite equally fast, which is what speaks for several small packages rather than one large.
 */
export function makespan(packages: number, secondsEach: number, workers: number): number {
  return (Math.ceil(packages / workers) + 0.5) * secondsEach;
}
