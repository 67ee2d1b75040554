import { setImmediate } from 'node:timers/promises';
import type { Gemm } from './kernel.ts';

/** Elements that a pass over memory may touch before the event loop gets its turn: about 0.5 to 2 ms of copying or adding. */
export const elementsPerTurn = 1 << 18;

/** Products of at most this many multiply-adds run where they are called: a thread hop costs more than they do. */
export const inlineMultiplyAdds = 64 ** 3;

/** Whether a product runs where it is called: its cells decide, however few of them it is. */
export const isSmall = ({ m, n, k, cell = { rows: m, cols: n } }: Gemm): boolean =>
  cell.rows * cell.cols * k <= inlineMultiplyAdds;

/** Lets timers, sockets and heartbeats run before the work goes on. */
export const turn = (): Promise<void> => setImmediate();

/** Calls `work` for bands of rows, with a turn of the event loop between bands of about `elementsPerTurn` elements. */
export async function inBands(rows: number, cols: number, work: (from: number, to: number) => void): Promise<void> {
  const band = Math.max(1, Math.floor(elementsPerTurn / Math.max(1, cols)));
  for (let from = 0; from < rows; from += band) {
    if (from > 0) await turn();
    work(from, Math.min(rows, from + band));
  }
}
