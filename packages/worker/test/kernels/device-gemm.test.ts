import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deviceBlocks, partsOf, type DeviceBlock } from '../../src/kernels/device-gemm.ts';
import type { Gemm } from '../../src/kernels/kernel.ts';
import { referenceGemm, seededRandom } from './reference.ts';
import { gemmTolerance } from './tolerance.ts';

/** The device is played by the reference; what is tested is how blocks are cut, packed and put together. */
async function compute({ m, n, alpha, beta, parts, writeC, takeC }: DeviceBlock): Promise<void> {
  let c = new Float32Array(m * n).fill(beta === 0 ? NaN : 0);
  if (beta !== 0) await writeC(c);
  for (const [index, { k, writeA, writeB }] of parts.entries()) {
    const [a, b] = [new Float32Array(m * k), new Float32Array(k * n)];
    await Promise.all([writeA(a), writeB(b)]);
    const view = { aOffset: 0, lda: k, transA: false, bOffset: 0, ldb: n, transB: false, cOffset: 0, ldc: n };
    c = Float32Array.from(referenceGemm({ ...view, m, n, k, alpha, beta: index === 0 ? beta : 1, a, b, c }).value);
  }
  await takeC(c);
}

it.each([
  [false, false, 1, 0],
  [true, false, -2, 1],
  [false, true, 0.5, 0.25],
  [true, true, 1, 1],
])(
  'cuts products that are too large for the device: A transposed %s, B %s, alpha %d, beta %d',
  async (transA, transB, alpha, beta) => {
    const [m, n, k] = [23, 17, 29];
    const random = seededRandom(1);
    const array = (length: number) => new Float32Array(length).map(random);
    const job: Gemm = {
      m,
      n,
      k,
      alpha,
      beta,
      transA,
      transB,
      a: array(3 + 40 * 40),
      aOffset: 3,
      lda: 40,
      b: array(5 + 41 * 41),
      bOffset: 5,
      ldb: 41,
      c: array(7 + 42 * 42),
      cOffset: 7,
      ldc: 42,
    };
    const { value, magnitude } = referenceGemm(job);
    for (const block of deviceBlocks(job, { side: 8, k: 7 })) await compute(block);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const error = Math.abs(job.c[7 + i * 42 + j]! - value[i * n + j]!);
        expect(error).toBeLessThanOrEqual(gemmTolerance('float32', k, magnitude[i * n + j]!));
      }
  },
);

it('cuts k into parts whose pieces are those of calls for each piece', () => {
  const pieces = (k: number, piece: number, depth: number, start = 0): string[] =>
    partsOf(k, piece, depth).flatMap((part) => {
      expect(part.size).toBeLessThanOrEqual(depth);
      const count = Math.ceil(part.size / part.piece);
      return Array.from({ length: count }, (_, i) => {
        const from = part.start + i * part.piece;
        return `${start + from} ${start + Math.min(part.start + part.size, from + part.piece)}`;
      });
    });
  const size = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(size, size, size, (k, piece, depth) => {
      const alone = Array.from({ length: Math.ceil(k / piece) }, (_, i) =>
        pieces(Math.min(piece, k - i * piece), piece, depth, i * piece),
      ).flat();
      expect(pieces(k, piece, depth)).toEqual(alone);
      expect(alone.at(-1)!.split(' ')[1]).toBe(String(k));
    }),
  );
});
