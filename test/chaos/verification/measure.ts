import type { DType, Region, Tile } from '@tessera/matrix';
import { chanceOf, type Chance } from '../chance.ts';
import { addTo, emptyTile, flipBitOf, staleTile, swapTiles, transposeTile } from './injections.ts';
import { openLab, type Lab } from './lab.ts';

/** Makes the elements of one operand. */
type Elements = (chance: Chance, operand: 'A' | 'B') => (row: number, col: number) => number;

/** Operands with which right answers are hard to tell from wrong ones. */
export const operandKinds: Readonly<Record<string, Elements>> = {
  uniform: (chance) => () => chance.next(),
  signed: (chance) => () => chance.next() - 0.5,
  // Roundings that go the same way for long stretches.
  constant: () => () => 0.1,
  wide: (chance) => () => (chance.next() - 0.5) * 2 ** chance.between(-20, 20),
  // Products in pairs of opposite sign: nothing is left of C but rounding.
  cancelling: (chance, operand) => {
    const made = new Map<string, number>();
    return (row, col) => {
      const key = operand === 'A' ? `${row} ${col >> 1}` : `${row >> 1} ${col}`;
      const known = made.get(key) ?? chance.next();
      made.set(key, known);
      return operand === 'A' && col % 2 === 1 ? -known : known;
    };
  },
  // Products that underflow in float32.
  tiny: (chance) => () => chance.next() * 1e-22,
  integers: (chance) => () => chance.between(-9, 9),
};

/** A share of some trials. */
export interface Rate {
  readonly trials: number;
  readonly caught: number;
}

/** How often one wrong element is found, by its error as a multiple of what the check allows its row. */
export async function catchByError(
  lab: Lab,
  multiples: readonly number[],
  trials: number,
  seed: number,
): Promise<Rate[]> {
  const chance = chanceOf(seed);
  const rates: Rate[] = [];
  for (const multiple of multiples) {
    let caught = 0;
    for (let trial = 0; trial < trials; trial++) {
      const at = chance.between(0, lab.c.data.length - 1);
      const row = Math.floor(at / lab.size.n);
      const vectors = chance.between(0, 2 ** 31);
      const [tolerance] = await lab.tolerances(row, vectors);
      const c = addTo(lab.c, at, multiple * tolerance! * (chance.next() < 0.5 ? -1 : 1));
      if (!(await lab.check(vectors, { c, row, rows: 1 })).ok) caught++;
    }
    rates.push({ trials, caught });
  }
  return rates;
}

/** How often one flipped bit is found, for each bit of the element type from the least up. */
export async function catchByBit(lab: Lab, trials: number, seed: number): Promise<Rate[]> {
  const chance = chanceOf(seed);
  const rates: Rate[] = [];
  for (let bit = 0; bit < (lab.dtype === 'float64' ? 64 : 32); bit++) {
    let caught = 0;
    for (let trial = 0; trial < trials; trial++) {
      const at = chance.between(0, lab.c.data.length - 1);
      const c = flipBitOf(lab.c, at, bit);
      const outcome = await lab.check(chance.between(0, 2 ** 31), { c, row: Math.floor(at / lab.size.n), rows: 1 });
      if (!outcome.ok) caught++;
    }
    rates.push({ trials, caught });
  }
  return rates;
}

/** What can happen to whole tiles. */
export const tileMishaps = {
  'transposed tile': (lab: Lab, [one]: Regions) => transposeTile(lab.c, one),
  'swapped tiles': (lab: Lab, [one, other]: Regions) => swapTiles(lab.c, one, other),
  'stale tile': (lab: Lab, [one]: Regions, old: Tile) => staleTile(lab.c, old, one),
  'missing tile': (lab: Lab, [one]: Regions) => emptyTile(lab.c, one),
} as const;
type Regions = readonly [Region, Region];

/** How often each mishap is found, with tiles of `side` x `side` at random places of the grid. */
export async function catchTiles(
  lab: Lab,
  old: Tile,
  { side, trials, seed }: { side: number; trials: number; seed: number },
): Promise<Record<string, Rate>> {
  const chance = chanceOf(seed);
  const { m, n } = lab.size;
  const region = (): Region => ({
    row: chance.between(0, Math.floor(m / side) - 1) * side,
    col: chance.between(0, Math.floor(n / side) - 1) * side,
    rows: side,
    cols: side,
  });
  const rates: Record<string, Rate> = {};
  for (const [name, spoil] of Object.entries(tileMishaps)) {
    let caught = 0;
    for (let trial = 0; trial < trials; trial++) {
      const one = region();
      let other = region();
      while (other.row === one.row && other.col === one.col) other = region();
      const c = spoil(lab, [one, other], old);
      if (!(await lab.check(chance.between(0, 2 ** 31), { c })).ok) caught++;
    }
    rates[name] = { trials, caught };
  }
  return rates;
}

/** What the check says of right answers. */
export interface Alarms {
  readonly products: number;
  /** Residuals looked at: rows times rounds. */
  readonly residuals: number;
  readonly falseAlarms: number;
  /** The largest residual as a share of what was allowed. */
  readonly worst: number;
}

/** Checks right products of many kinds, sizes and vectors. */
export async function falseAlarms(
  dtype: DType,
  sizes: readonly (readonly [m: number, k: number, n: number])[],
  { products, vectors, seed }: { products: number; vectors: number; seed: number },
): Promise<Record<string, Alarms>> {
  const chance = chanceOf(seed);
  const result: Record<string, Alarms> = {};
  for (const [kind, operand] of Object.entries(operandKinds)) {
    const sum = { products: 0, residuals: 0, falseAlarms: 0, worst: 0 };
    for (const [m, k, n] of sizes) {
      for (let product = 0; product < products; product++) {
        const kernel = chance.pick(['loops', 'wasm'] as const);
        const lab = await openLab({ dtype, m, k, n, kernel, a: operand(chance, 'A'), b: operand(chance, 'B') });
        for (let count = 0; count < vectors; count++) {
          const outcome = await lab.check(chance.between(0, 2 ** 31));
          sum.products++;
          sum.residuals += m * lab.rounds;
          if (!outcome.ok) sum.falseAlarms++;
          sum.worst = Math.max(sum.worst, outcome.worst ?? Infinity);
        }
      }
    }
    result[kind] = sum;
  }
  return result;
}

/** Chance that at least one of some standard Gaussians is farther from 0 than 1 / multiple: what the theory says. */
export function expectedRate(multiple: number, rounds: number): number {
  return 1 - (1 - tail(1 / multiple)) ** rounds;
}

/** P(|x| > at) of a standard Gaussian, by Abramowitz and Stegun 7.1.26 (error below 2e-7). */
function tail(at: number): number {
  const x = at / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return poly * Math.exp(-x * x);
}
