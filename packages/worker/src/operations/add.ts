import type { Execute } from './context.ts';

/** C = alpha·A + beta·B over one region, in A's tile: no third one is needed. */
export const add: Execute<'add'> = async ({ a, b, c, alpha = 1, beta = 1 }, context) => {
  const kernel = await context.kernel('add');
  const [left, right] = await Promise.all([context.read(a), context.read(b)]);
  const { rows, cols } = left;
  await context.compute(() =>
    kernel.add({
      rows,
      cols,
      alpha,
      a: left.data,
      aOffset: 0,
      lda: cols,
      beta,
      b: right.data,
      bOffset: 0,
      ldb: cols,
      c: left.data,
      cOffset: 0,
      ldc: cols,
    }),
  );
  const work = 3 * left.data.byteLength;
  return {
    ...(await context.write(c, left)),
    kernel: { name: kernel.name, detail: kernel.detail, work, unit: 'byte' },
  };
};
