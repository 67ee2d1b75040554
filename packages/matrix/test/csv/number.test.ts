import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsvBand } from '../../src/csv/band.ts';
import { cellNumber, decimal } from '../../src/csv/number.ts';
import { parseRows } from '../../src/csv/parse-rows.ts';

const encode = (text: string) => new TextEncoder().encode(text);

const one = { delimiter: ',', cols: 1, firstRow: 0 };

function parsed(text: string): number {
  const out = new Float64Array(1);
  parseCsvBand(encode(`${text}\n`), one, out);
  return out[0]!;
}

function parsedPlainly(text: string): number {
  const out = new Float64Array(1);
  parseRows(encode(`${text}\n`), 0, text.length + 1, one, out, 0, 1);
  return out[0]!;
}

const bits = new DataView(new ArrayBuffer(8));
function fromBits(high: number, low: number): number {
  bits.setUint32(0, high);
  bits.setUint32(4, low);
  return bits.getFloat64(0);
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const anyDouble = fc
  .tuple(word, word)
  .map(([high, low]) => fromBits(high, low))
  .filter(Number.isFinite);
const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));

/** The decimal text halfway between a double and the next one, exactly, with all its digits. */
function halfway(x: number): string {
  bits.setFloat64(0, x);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 2047n);
  const fraction = (raw & ((1n << 52n) - 1n)) | (exponent > 0 ? 1n << 52n : 0n);
  const power = Math.max(exponent, 1) - 1075 - 1;
  const doubled = 2n * fraction + 1n;
  if (power >= 0) return `${doubled << BigInt(power)}`;
  // doubled / 2^n = doubled * 5^n / 10^n.
  return `${doubled * 5n ** BigInt(-power)}e${power}`;
}

function same(text: string): void {
  for (const parse of [parsed, parsedPlainly]) {
    if (!Object.is(parse(text), Number(text))) throw new Error(`${text}: ${parse(text)} instead of ${Number(text)}`);
  }
}

describe('a cell is parsed to the same bits as Number(text), in WebAssembly and in TypeScript,', () => {
  const property = (text: fc.Arbitrary<string>, numRuns = 2000) => fc.assert(fc.property(text, same), { numRuns });

  it('for String(x) of any double', () => property(anyDouble.map(String)));
  it('for String(x) of numbers of everyday size', () =>
    property(fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String), 4000));
  it('for %.18e, as numpy.savetxt writes', () => property(anyDouble.map((x) => x.toExponential(18))));
  it('for 1 to 40 digits with a point anywhere and any exponent', () =>
    property(
      fc
        .tuple(
          fc.constantFrom('', '-', '+'),
          digits(1, 20),
          digits(0, 20),
          fc.integer({ min: -80, max: 80 }),
          fc.boolean(),
        )
        .map(([sign, whole, part, e, point]) => `${sign}${whole}${point ? `.${part}` : ''}e${e}`),
      4000,
    ));
  it('for 16 to 27 digits and small exponents, where two doubles decide', () =>
    property(
      fc.tuple(digits(1, 9), digits(15, 18), fc.integer({ min: -25, max: 25 })).map(([a, b, e]) => `${a}.${b}e${e}`),
      4000,
    ));
  it('for numbers exactly halfway between two doubles, and just beside', () =>
    property(
      fc.tuple(anyDouble, fc.constantFrom('', '1', '0000000000001')).map(([x, more]) => {
        const [digits = '', exponent] = halfway(Math.abs(x)).split('e');
        const e = Number(exponent ?? 0) - more.length;
        return `${digits}${more}e${e}`;
      }),
      1000,
    ));
  it('for halfway integers of 17 to 19 digits', () =>
    property(
      fc.bigInt(2n ** 53n, 2n ** 62n).chain((n) =>
        fc.constantFrom(-1n, 0n, 1n).map((d) => {
          const shift = BigInt(n.toString(2).length - 53);
          return shift < 1n ? `${n}` : `${((n >> shift) << shift) + (1n << (shift - 1n)) + d}`;
        }),
      ),
      3000,
    ));

  it.each([
    // Published hard cases: Paxson (1991), PHP bug 53632, Java bug 4396272, and the edges of the range.
    '2.2250738585072011e-308',
    '2.2250738585072012e-308',
    '4.9406564584124654e-324',
    '2.4703282292062327e-324',
    '1.7976931348623158e308',
    '1.7976931348623159e308',
    '9007199254740993',
    '9007199254740992.5',
    '9007199254740991.5',
    '5e-324',
    '1e-400',
    '1e400',
    '-0',
    '0',
    '-0.0e5',
    '0e999',
    '.5',
    '5.',
    '+7',
    '1E5',
    '00012.50',
    '123456789012345678',
    '6929495644600919.5',
    '3.518437208883201171875e13',
    '62.5364939768271845828',
    '8.10109172351e-10',
    '1.50000000000000011',
    '104110013277974872254e-225',
    '12345e123',
    '1e23',
    '8.5e22',
    '9.5367431640625e-7',
    '1e22',
    '1e-22',
    '1e60',
    '1e-60',
    '1e-61',
    `${'9'.repeat(400)}e-400`,
    `0.${'0'.repeat(400)}1e400`,
    '8.988465674311580e307',
  ])('for %s', same);
});

describe('the two-double path', () => {
  it('settles nearly all 17-digit numbers, so few go to Number', () => {
    let unsettled = 0;
    for (let i = 0; i < 2000; i++) {
      const a = 100_000_000 + ((i * 7919 * 104_729) % 899_999_999);
      const b = (i * 15_485_863) % 100_000_000;
      if (Number.isNaN(decimal(a, b, 8, 0, 0, -17))) unsettled++;
    }
    expect(unsettled).toBeLessThan(3);
  });
});

describe('cellNumber', () => {
  it.each(['nan', 'NaN', '-nan', 'NAN', ' nan '])('reads %j as not-a-number data', (text) =>
    expect(cellNumber(text)).toBeNaN(),
  );
  it.each([
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['+Infinity', Infinity],
    ['INF', Infinity],
    ['-infinity', -Infinity],
  ])('reads %j', (text, value) => expect(cellNumber(text)).toBe(value));
  it.each([
    '',
    ' ',
    'x',
    '0x10',
    '1e',
    '1e+',
    '.',
    '+',
    '-',
    '1 2',
    '1_000',
    '0b1',
    '1,5',
    'NA',
    'infinit',
    '--1',
    '1.2.3',
    '١',
  ])('refuses %j', (text) => expect(cellNumber(text)).toBeUndefined());
});
