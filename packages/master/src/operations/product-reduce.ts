import { bytesPerElement, type Shape } from '@tessera/protocol';
import { flipped, gridOf, piece, upperAt, upperCount } from '../plan/grid.ts';
import { elementWiseBytes, WORKER_BASE_BYTES } from '../plan/cost-model.ts';
import type { PhasePlan } from '../plan/plan.ts';
import type { MultiplyBlocks } from './multiply-blocks.ts';
import type { CutProduct } from './product.ts';

/** Elements of C that one package sums at most: three tiles of them are held. */
const LARGEST_TILE = 1 << 20;
/** Tiles of a package and their copies on the way, of two packages: see `elementWiseBytes`. */
const TILES_HELD = 12;

/** Names of the arrays of partial products: P0, P1, ... */
export function partialName(part: number): string {
  return `P${part}`;
}

/** Packages that sum the partial products of C's tiles, in the order of k. */
export function reducePhase({ task, blocks, input }: CutProduct): PhasePlan {
  const { shapes, fleet, dtype } = input;
  const elements = shapes.C[0] * shapes.C[1];
  const bytes = bytesPerElement(dtype);
  const fits = (fleet.memoryBytes - WORKER_BASE_BYTES) / bytes / TILES_HELD;
  const wanted = Math.min(LARGEST_TILE, elements / fleet.workers / 2, fits);
  const tile = tileWithin(blocks, Math.max(wanted, blocks.chunk.m * blocks.chunk.n));
  const grid = gridOf(shapes.C, task.symmetric ? [tile[0], tile[0]] : tile);
  return {
    phase: 'reduce',
    packages: task.symmetric ? upperCount(grid.rows) : grid.count,
    at(index) {
      const place = task.symmetric ? upperAt(index, grid.rows) : undefined;
      const region = place ? grid.regionAt(place.row, place.col) : grid.region(index);
      const parts = Array.from({ length: blocks.splits }, (_, part) => piece(partialName(part), region));
      const mirrored = place && place.row !== place.col;
      return {
        kind: 'reduce',
        parts,
        c: piece('C', region),
        ...(mirrored ? { mirror: piece('C', flipped(region)) } : {}),
      };
    },
    cost: {
      bytesRead: blocks.reduceElements.read * bytes,
      bytesWritten: blocks.reduceElements.written * bytes,
      seconds: blocks.reduceSeconds,
      workerBytes: elementWiseBytes(grid.block[0] * grid.block[1], blocks.chunk.m * blocks.chunk.n, dtype),
    },
  };
}

/**
 * A tile of whole chunks that divides a block, of about `elements` at most (one chunk at least): first the block's rows
 * are divided, then its columns. Of a symmetric product's blocks, which are square in square chunks, tiles are square too.
 */
export function tileWithin({ block, chunk }: MultiplyBlocks, elements: number): Shape {
  if (block.rows === block.cols && chunk.m === chunk.n) {
    const edge = longest(block.rows, chunk.m, Math.sqrt(elements));
    return [edge, edge];
  }
  const rows = longest(block.rows, chunk.m, elements / block.cols);
  return [rows, longest(block.cols, chunk.n, elements / rows)];
}

/** The longest whole part of `length`, in chunks, that is at most `wanted`; one chunk where none is. */
function longest(length: number, chunk: number, wanted: number): number {
  const chunks = Math.ceil(length / chunk);
  for (let parts = 1; parts <= chunks; parts++) {
    if (chunks % parts === 0 && (chunks / parts) * chunk <= wanted) return (chunks / parts) * chunk;
  }
  return chunk;
}
