import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, fillGaussian, fillRandom, fillSigns } from '../../src/index.ts';
import type { Distribution, Shape } from '../../src/index.ts';
import { MAX_BLOCKS, wasmSource } from '../../src/random/philox-wasm.ts';
import { philoxBlocks, seedKey } from '../../src/random/philox.ts';
import { dtypes, regionsIn, shapes } from '../matrices.ts';

// kat_vectors of Random123, lines "philox4x32 10": counter, key, expected.
const KNOWN_ANSWERS = [
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
] as const;

const hex = (text: string) => text.split(' ').map((word) => Number.parseInt(word, 16));
const uniform: Distribution = { kind: 'uniform' };

/** Philox as the paper defines it, with BigInt: the reference for counters of more than 32 bits. */
function paper(counter: readonly bigint[], key: readonly bigint[]): number[] {
  let [a, b, c, d] = counter as [bigint, bigint, bigint, bigint];
  let [k, l] = key as [bigint, bigint];
  const word = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p = a * 0xd2511f53n;
    const q = c * 0xcd9e8d57n;
    [a, b, c, d] = [(q >> 32n) ^ b ^ k, q & word, (p >> 32n) ^ d ^ l, p & word];
    k = (k + 0x9e3779b9n) & word;
    l = (l + 0xbb67ae85n) & word;
  }
  return [a, b, c, d].map(Number);
}

describe('Philox4x32-10', () => {
  it.each(KNOWN_ANSWERS)('gives the published answer for counter %s and key %s', (counter, key, expected) => {
    expect(paper(hex(counter).map(BigInt), hex(key).map(BigInt))).toEqual(hex(expected));
    const [, , c2, c3] = hex(counter) as [number, number, number, number];
    const [k0, k1] = hex(key) as [number, number];
    // The block number holds the counter's low 64 bits, of which a safe integer has 53.
    if (counter.startsWith('0')) {
      const words = new Uint32Array(4);
      philoxBlocks(words, 1, 0, { c2, c3, k0, k1 });
      expect([...words]).toEqual(hex(expected));
    }
  });

  it('agrees with the paper for any block number, also across 2^32', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const first = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 + 3 }));
    fc.assert(
      fc.property(first, word, word, word, word, (block, c2, c3, k0, k1) => {
        const words = new Uint32Array(8);
        philoxBlocks(words, 2, Math.min(block, Number.MAX_SAFE_INTEGER - 2), { c2, c3, k0, k1 });
        const wide = BigInt(Math.min(block, Number.MAX_SAFE_INTEGER - 2));
        const at = (n: bigint) => paper([n & 0xffffffffn, n >> 32n, BigInt(c2), BigInt(c3)], [BigInt(k0), BigInt(k1)]);
        expect([...words]).toEqual([...at(wide), ...at(wide + 1n)]);
      }),
    );
  });

  it('gives the same words from WebAssembly as from TypeScript, for any count and block number', () => {
    const fast = wasmSource()!;
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const first = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 2 ** 32 - 9, max: 2 ** 32 + 9 }), fc.nat(9));
    const count = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: MAX_BLOCKS - 5, max: MAX_BLOCKS }));
    fc.assert(
      fc.property(first, count, word, word, word, word, (first, count, c2, c3, k0, k1) => {
        const stream = { c2, c3, k0, k1 };
        const start = Math.min(first, Number.MAX_SAFE_INTEGER - MAX_BLOCKS);
        const plain = new Uint32Array(4 * count);
        philoxBlocks(plain, count, start, stream);
        fast.source(fast.words, count, start, stream);
        expect(Buffer.compare(Buffer.from(fast.words.slice(0, 4 * count).buffer), Buffer.from(plain.buffer))).toBe(0);
      }),
    );
  });

  it('takes seeds of 64 bits and nothing else', () => {
    expect(seedKey(2n ** 64n - 1n)).toEqual({ k0: 0xffffffff, k1: 0xffffffff });
    expect(seedKey(2 ** 32 + 5)).toEqual({ k0: 5, k1: 1 });
    for (const bad of [-1, 1.5, Number.NaN, 2 ** 60, -1n, 2n ** 64n]) expect(() => seedKey(bad)).toThrow(RangeError);
  });
});

function make(seed: number, operand: number): Float64Array {
  const out = new Float64Array(100);
  fillRandom({ seed, operand, distribution: uniform }, [10, 10], { row: 0, col: 0, rows: 10, cols: 10 }, out);
  return out;
}

describe('random operands', () => {
  it('are the same matrix whatever the tiling', () => {
    const kinds = fc.constantFrom<Distribution>(uniform, { kind: 'integers', low: -3, high: 9 });
    const cases = fc
      .record({
        shape: shapes(60),
        dtype: dtypes,
        distribution: kinds,
        seed: fc.bigInt(0n, 2n ** 64n - 1n),
        operand: fc.nat(3),
      })
      .chain((spec) => fc.record({ spec: fc.constant(spec), region: regionsIn(spec.shape) }));
    fc.assert(
      fc.property(cases, ({ spec: { shape, dtype, ...operand }, region }) => {
        const whole = allocate(dtype, shape[0] * shape[1]);
        fillRandom(operand, shape, { row: 0, col: 0, rows: shape[0], cols: shape[1] }, whole);
        const piece = allocate(dtype, region.rows * region.cols);
        fillRandom(operand, shape, region, piece);
        for (let r = 0; r < region.rows; r++) {
          for (let c = 0; c < region.cols; c++) {
            expect(piece[r * region.cols + c]).toBe(whole[(region.row + r) * shape[1] + region.col + c]);
          }
        }
      }),
    );
  });

  it('can be made at the far end of a matrix of 2^50 elements', () => {
    const shape: Shape = [2 ** 25, 2 ** 25];
    const out = new Float64Array(4);
    fillRandom(
      { seed: 1, operand: 0, distribution: uniform },
      shape,
      { row: shape[0] - 1, col: shape[1] - 4, rows: 1, cols: 4 },
      out,
    );
    const n = 2n ** 49n - 2n;
    const [a, b] = paper([n & 0xffffffffn, n >> 32n, 0n, 0n], [1n, 0n]) as [number, number];
    expect(out[0]).toBe(((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53);
  });

  it('differ by seed and by operand', () => {
    expect(make(1, 0)).toEqual(make(1, 0));
    expect(make(1, 0)).not.toEqual(make(2, 0));
    expect(make(1, 0)).not.toEqual(make(1, 1));
  });

  it('are uniform: in [0, 1), with the mean and variance of a uniform variable', () => {
    for (const out of [new Float64Array(200_000), new Float32Array(200_000)]) {
      fillRandom(
        { seed: 7, operand: 0, distribution: uniform },
        [200, 1000],
        { row: 0, col: 0, rows: 200, cols: 1000 },
        out,
      );
      let sum = 0;
      let squares = 0;
      for (const x of out) {
        if (!(x >= 0 && x < 1)) throw new Error(`${x} is not in [0, 1)`);
        sum += x;
        squares += (x - 0.5) ** 2;
      }
      // Standard errors: 0.00065 for the mean, 0.00017 for the variance; five of each.
      expect(Math.abs(sum / out.length - 0.5)).toBeLessThan(0.0033);
      expect(Math.abs(squares / out.length - 1 / 12)).toBeLessThan(0.00085);
    }
  });

  it('draw each integer of the range, bounds included, about equally often, the same in both dtypes', () => {
    const distribution: Distribution = { kind: 'integers', low: -2, high: 3 };
    const region = { row: 0, col: 0, rows: 60, cols: 1000 };
    const wide = new Float64Array(60_000);
    const narrow = new Float32Array(60_000);
    fillRandom({ seed: 3, operand: 1, distribution }, [60, 1000], region, wide);
    fillRandom({ seed: 3, operand: 1, distribution }, [60, 1000], region, narrow);
    expect([...narrow]).toEqual([...wide]);
    const counts = new Map<number, number>();
    for (const x of wide) counts.set(x, (counts.get(x) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    // Binomial with n = 60,000 and p = 1/6: standard deviation 91; five of them.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(460);
  });

  it.each([
    { low: 2, high: 1 },
    { low: 0.5, high: 1 },
    { low: 0, high: 2 ** 53 },
    { low: -(2 ** 53) + 1, high: 2 ** 53 - 1 },
  ])('refuse the bounds $low to $high', ({ low, high }) => {
    const operand = { seed: 1, operand: 0, distribution: { kind: 'integers', low, high } as const };
    expect(() => fillRandom(operand, [1, 1], { row: 0, col: 0, rows: 1, cols: 1 }, new Float64Array(1))).toThrow(
      RangeError,
    );
  });
});

describe('random vectors', () => {
  it('are the same whatever the parts they are made in', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), fc.nat(5), (from, length, stream) => {
        for (const fill of [fillSigns, fillGaussian]) {
          const whole = new Float64Array(from + length);
          fill(11, stream, whole);
          const piece = new Float64Array(length);
          fill(11, stream, piece, from);
          expect(piece).toEqual(whole.slice(from));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are signs of mean 0, and normal numbers of mean 0 and variance 1', () => {
    const signs = new Float32Array(40_000);
    fillSigns(5, 0, signs);
    expect(new Set(signs)).toEqual(new Set([1, -1]));
    expect(Math.abs(signs.reduce((a, b) => a + b, 0))).toBeLessThan(1000);
    const normal = new Float64Array(40_000);
    fillGaussian(5, 0, normal);
    const mean = normal.reduce((a, b) => a + b, 0) / normal.length;
    const variance = normal.reduce((a, b) => a + b * b, 0) / normal.length;
    expect(Math.abs(mean)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.036);
  });

  it('of different streams and kinds are unrelated', () => {
    const [a, b] = [new Float64Array(1000), new Float64Array(1000)];
    fillSigns(5, 0, a);
    fillSigns(5, 1, b);
    expect(Math.abs(a.reduce((sum, x, i) => sum + x * b[i]!, 0))).toBeLessThan(160);
  });
});
