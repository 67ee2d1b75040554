import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { inlineToTile, RegionError, tileToInline } from '../src/index.ts';
import { dtypes, numbered, shapes } from './matrices.ts';

it('travels as base64 and comes back the same', () => {
  fc.assert(
    fc.property(shapes(8), dtypes, ([rows, cols], dtype) => {
      const tile = numbered(dtype, rows, cols);
      const back = inlineToTile(JSON.parse(JSON.stringify(tileToInline(tile))));
      expect({ ...back, data: [...back.data] }).toEqual({ ...tile, data: [...tile.data] });
    }),
  );
});

it('refuses data of another length', () => {
  const inline = tileToInline(numbered('float64', 2, 2));
  expect(() => inlineToTile({ ...inline, rows: 3 })).toThrow(RegionError);
  expect(() => inlineToTile({ ...inline, data: Buffer.alloc(40).toString('base64') })).toThrow('expected 32');
});
