import { recycle, scratchTile } from '@tessera/matrix';
import type { Execute } from './context.ts';

/** C = alpha·A + beta·B over one region, in A's tile, for no third one is needed; unless that is A's file itself. */
export const add: Execute<'add'> = async ({ a, b, c, alpha = 1, beta = 1 }, context) => {
  const kernel = await context.kernel('add');
  const sum = await context.borrowing([a, b], async ([left, right]) => {
    const { rows, cols, data } = left!.tile;
    const into = left!.own() ?? scratchTile(context.dtype, rows, cols);
    await context.compute(() =>
      kernel.add({
        rows,
        cols,
        alpha,
        a: data,
        aOffset: 0,
        lda: cols,
        beta,
        b: right!.tile.data,
        bOffset: 0,
        ldb: cols,
        c: into.data,
        cOffset: 0,
        ldc: cols,
      }),
    );
    return into;
  });
  const work = 3 * sum.data.byteLength;
  const stored = await context.write(c, sum);
  recycle(sum);
  return {
    ...stored,
    kernel: { name: kernel.name, detail: kernel.detail, work, unit: 'byte' },
  };
};
