import { readFileSync } from 'node:fs';
import { allocateTile, fillRandom, openArray, wholeRegion, type DType, type Elements } from '@tessera/matrix';
import type { Shape } from '@tessera/protocol';

/** A job whose right answer is known to the last bit, whatever the plan. */
export interface Job {
  readonly name: string;
  readonly args: readonly string[];
  /** The one right C, computed here by plain loops from the seed. */
  reference(): Elements;
}

interface Recipe {
  readonly name: string;
  readonly op: 'add' | 'multiply';
  readonly a: Shape;
  readonly b: Shape;
  readonly seed: number;
  readonly dtype?: DType;
  /** Small whole numbers: every order of summation gives the same bits. */
  readonly integers: boolean;
  readonly out?: string;
}

/** Whole numbers so small that a sum of many products stays exact in float32 too. */
const LOW = -9;
const HIGH = 9;

const recipes: readonly Recipe[] = [
  { name: 'small product', op: 'multiply', a: [500, 400], b: [400, 520], seed: 40, integers: true },
  { name: 'product', op: 'multiply', a: [900, 700], b: [700, 800], seed: 41, integers: true },
  {
    name: 'product float32 .npy',
    op: 'multiply',
    a: [640, 500],
    b: [500, 700],
    seed: 42,
    dtype: 'float32',
    integers: true,
    out: 'C.npy',
  },
  { name: 'long thin product', op: 'multiply', a: [24, 60_000], b: [60_000, 30], seed: 43, integers: true },
  { name: 'sum', op: 'add', a: [1200, 1500], b: [1200, 1500], seed: 44, integers: false },
  { name: 'sum .csv', op: 'add', a: [260, 300], b: [260, 300], seed: 45, integers: true, out: 'C.csv' },
];

export const jobs: readonly Job[] = recipes.map((recipe) => {
  let known: Elements | undefined;
  return { name: recipe.name, args: argumentsOf(recipe), reference: () => (known ??= compute(recipe)) };
});

/** The job of that name. */
export function jobNamed(name: string): Job {
  const job = jobs.find((candidate) => candidate.name === name);
  if (!job) throw new Error(`no job is called ${name}; there are ${jobs.map(({ name }) => name).join(', ')}`);
  return job;
}

/** What a job left as C. @throws what reading it throws: CorruptTileError, say */
export async function readResult(path: string): Promise<Elements> {
  if (path.endsWith('.csv')) {
    const text = readFileSync(path, 'utf8').trim();
    return Float64Array.from(text.split('\n').flatMap((line) => line.split(',').map(Number)));
  }
  const array = await openArray(path);
  try {
    return (await array.read(wholeRegion(array.shape))).data;
  } finally {
    await array.close();
  }
}

/** Whether every element is the same bits. */
export function sameBits(one: Elements, other: Elements): boolean {
  return one.length === other.length && one.every((element, index) => Object.is(element, other[index]));
}

function argumentsOf({ op, a, b, seed, dtype, integers, out }: Recipe): string[] {
  return [
    op,
    a.join('x'),
    ...(op === 'add' ? [] : [b.join('x')]),
    '--seed',
    String(seed),
    '--kernel',
    'loops',
    ...(dtype === undefined ? [] : ['--dtype', dtype]),
    ...(integers ? ['--integers', `${LOW}..${HIGH}`] : []),
    ...(out === undefined ? [] : ['--out', out]),
  ];
}

function compute({ op, a: shapeA, b: shapeB, seed, dtype = 'float64', integers }: Recipe): Elements {
  const distribution = integers ? { kind: 'integers' as const, low: LOW, high: HIGH } : { kind: 'uniform' as const };
  const operand = (number: number, shape: Shape) => {
    const tile = allocateTile(dtype, ...shape);
    fillRandom({ seed, operand: number, distribution }, shape, wholeRegion(shape), tile.data);
    return tile.data;
  };
  const [a, b] = [operand(0, shapeA), operand(1, shapeB)];
  if (op === 'add') return a.map((element, index) => element + b[index]!);
  const [m, k] = shapeA;
  const n = shapeB[1];
  const c = allocateTile(dtype, m, n).data;
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p]!;
      for (let j = 0; j < n; j++) c[i * n + j]! += factor * b[p * n + j]!;
    }
  }
  return c;
}
