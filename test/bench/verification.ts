/**
 * What the check of products is worth: how often it finds what is wrong in a finished C, by kind and size of the error,
 * and how often it is wrong about right answers. Only the verify packages run, in this process, through the worker's own
 * `execute`. Then what it costs: whole commands, verified and not; `--cost 0` leaves that out.
 *
 *     pnpm bench verification [--trials 100] [--products 4] [--seed 1] [--cost 5] [--size 4000] [--json PATH]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chanceOf } from '../chaos/chance.ts';
import { openLab } from '../chaos/verification/lab.ts';
import {
  catchByBit,
  catchByError,
  catchTiles,
  expectedRate,
  falseAlarms,
  type Rate,
} from '../chaos/verification/measure.ts';
import { table } from './kernels/table.ts';
import { verificationCost } from './verification/cost.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    products: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    cost: { type: 'string', default: '5' },
    size: { type: 'string', default: '4000' },
    json: { type: 'string' },
  },
});
const [trials, products, seed] = [Number(values.trials), Number(values.products), Number(values.seed)];
const print = (text: string) => process.stdout.write(`${text}\n`);
const percent = ({ trials, caught }: Rate) => `${((100 * caught) / trials).toFixed(1)} %`;

const labs = [
  { dtype: 'float64', m: 128, k: 128, n: 128 },
  { dtype: 'float64', m: 128, k: 1024, n: 1024 },
  { dtype: 'float32', m: 128, k: 128, n: 128 },
  { dtype: 'float32', m: 128, k: 1024, n: 1024 },
] as const;
const multiples = [0.01, 0.1, 0.3, 1, 3, 10, 30, 100, 1000, 10_000, 1e6];
const found: {
  name: string;
  relative: number;
  errors: Rate[];
  bits: Rate[];
  tiles: Record<string, Rate>;
}[] = [];
for (const size of labs) {
  const make = (from: number) => {
    const chance = chanceOf(from);
    return openLab({ ...size, kernel: 'wasm', a: () => chance.next(), b: () => chance.next() });
  };
  const [lab, old] = [await make(seed), await make(seed + 1)];
  const [tolerance] = await lab.tolerances(0, seed);
  found.push({
    name: `${size.dtype} ${size.m}x${size.k}·${size.k}x${size.n}`,
    // An error of that size, in an element of usual size, is as large as what one row may be off.
    relative: tolerance! / (size.k / 4),
    errors: await catchByError(lab, multiples, trials, seed + 2),
    bits: await catchByBit(lab, Math.max(10, Math.round(trials / 10)), seed + 3),
    tiles: await catchTiles(lab, old.c, { side: 32, trials: Math.max(10, Math.round(trials / 10)), seed: seed + 4 }),
  });
  print(`measured ${found.at(-1)!.name}`);
}

print('\nOne wrong element, by its error as a multiple of the tolerance of its row (2 rounds)\n');
print(
  table(
    ['error / tolerance', ...found.map(({ name }) => name), 'theory'],
    multiples.map((multiple, at) => [
      String(multiple),
      ...found.map(({ errors }) => percent(errors[at]!)),
      `${(100 * expectedRate(multiple, 2)).toFixed(1)} %`,
    ]),
  ),
);
print('\nWhat the tolerance is worth: that error as a share of an element of C\n');
print(
  table(
    ['product', 'share'],
    found.map(({ name, relative }) => [name, relative.toExponential(1)]),
  ),
);

print('\nOne flipped bit (0 is the least of the fraction)\n');
const ranges = (dtype: string) =>
  dtype === 'float64'
    ? [
        [0, 7],
        [8, 15],
        [16, 23],
        [24, 31],
        [32, 39],
        [40, 47],
        [48, 51],
        [52, 55],
        [56, 62],
        [63, 63],
      ]
    : [
        [0, 3],
        [4, 7],
        [8, 11],
        [12, 15],
        [16, 19],
        [20, 22],
        [23, 25],
        [26, 30],
        [31, 31],
      ];
for (const dtype of ['float64', 'float32']) {
  const of = found.filter(({ name }) => name.startsWith(dtype));
  const rows = ranges(dtype).map(([low, high]) => {
    const cells = of.map(({ bits }) => {
      const chosen = bits.slice(low, high! + 1);
      const sum = (pick: (rate: Rate) => number) => chosen.reduce((total, rate) => total + pick(rate), 0);
      return percent({ trials: sum(({ trials }) => trials), caught: sum(({ caught }) => caught) });
    });
    return [low === high ? `bit ${low} (sign)` : `bits ${low} to ${high}`, ...cells];
  });
  print(`${table(['bits', ...of.map(({ name }) => name)], rows)}\n`);
}

print('Tiles of 32x32\n');
const mishaps = Object.keys(found[0]!.tiles);
print(
  table(
    ['mishap', ...found.map(({ name }) => name)],
    mishaps.map((mishap) => [mishap, ...found.map(({ tiles }) => percent(tiles[mishap]!))]),
  ),
);

print('\nRight answers\n');
const rightSizes = [
  [100, 100, 100],
  [64, 1000, 300],
  [32, 20_000, 40],
  [5, 3, 2000],
] as const;
const alarms = {
  float64: await falseAlarms('float64', rightSizes, { products, vectors: 25, seed: seed + 5 }),
  float32: await falseAlarms('float32', rightSizes, { products, vectors: 25, seed: seed + 6 }),
};
print(
  table(
    ['operands', 'checks', 'residuals', 'false alarms', 'worst residual / tolerance'],
    Object.entries(alarms).flatMap(([dtype, kinds]) =>
      Object.entries(kinds).map(([kind, { products, residuals, falseAlarms, worst }]) => [
        `${dtype} ${kind}`,
        String(products),
        String(residuals),
        String(falseAlarms),
        worst.toExponential(1),
      ]),
    ),
  ),
);
print('\nWhat it costs\n');
const size = Number(values.size);
const costs = Number(values.cost) > 0 ? verificationCost(size, Number(values.cost)) : [];
print(
  table(
    [`multiply ${size}x${size}`, 'total', 'compute', 'verify', 'verify / total', 'total without', 'difference'],
    costs.map(({ name, total, compute, verify, share, unverified, difference }) => [
      name,
      ...[total, compute, verify].map((seconds) => `${seconds.toFixed(2)} s`),
      `${(100 * share).toFixed(1)} %`,
      `${unverified.toFixed(2)} s`,
      `${(100 * difference).toFixed(1)} %`,
    ]),
  ),
);
const json = JSON.stringify({ benchmark: 'verification', trials, multiples, found, alarms, costs }, null, 2);
if (values.json === undefined) print(`\n${json}`);
else writeFileSync(values.json, `${json}\n`);
const wrong = Object.values(alarms).some((kinds) => Object.values(kinds).some(({ falseAlarms }) => falseAlarms > 0));
process.exit(wrong ? 1 : 0);
