import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { attack } from './target.ts';
import { targets } from './targets/index.ts';

afterAll(() => Promise.all(targets.map((target) => target.close?.())));

// `pnpm fuzz` attacks the same parsers for as long as you like.
it.each(targets.map((target) => [target.name, target] as const))(
  '%s: whatever comes is read or refused by an error of its own',
  async (_, target) => {
    await fc.assert(
      fc.asyncProperty(target.inputs, (input) => attack(target, input)),
      { numRuns: 200 },
    );
  },
);

it('a parser that throws what it did not promise is caught', async () => {
  const target = {
    name: 'planted',
    inputs: fc.nat(),
    feed: (n: number) => {
      if (n > 1000) throw new TypeError('surprise');
    },
    isOwn: () => false,
  };
  const found = await fc.check(fc.asyncProperty(target.inputs, (input) => attack(target, input)));
  expect(found).toMatchObject({ failed: true, counterexample: [1001] });
});
