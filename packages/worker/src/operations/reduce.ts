import { recycle } from '@tessera/matrix';
import type { Execute } from './context.ts';
import { writeMirror } from './mirror.ts';

/** Sums partial products in the order given; the next is read while the last is added. */
export const reduce: Execute<'reduce'> = async ({ parts, c, mirror }, context) => {
  const kernel = await context.kernel('add');
  const sum = await context.read(parts[0]!);
  let next = parts[1] && context.read(parts[1]);
  for (let index = 1; index < parts.length; index++) {
    const part = await next!;
    const following = parts[index + 1];
    if (following) {
      next = context.read(following);
      next.catch(() => undefined);
    }
    const { rows, cols } = sum;
    await context.compute(() =>
      kernel.add({
        rows,
        cols,
        alpha: 1,
        a: sum.data,
        aOffset: 0,
        lda: cols,
        beta: 1,
        b: part.data,
        bOffset: 0,
        ldb: cols,
        c: sum.data,
        cOffset: 0,
        ldc: cols,
      }),
    );
    recycle(part);
  }
  // The mirror image first: the sum's own piece is the proof that both are there.
  if (mirror) await writeMirror(sum, mirror, context);
  const stored = await context.write(c, sum);
  recycle(sum);
  return stored;
};
