import fc from 'fast-check';
import { allocateTile, type Tile } from '@tessera/matrix';
import { describe, expect, it } from 'vitest';
import { TileCache, type HeldTile } from '../../src/operations/tile-cache.ts';

const KB = 1024;

/** A cache whose reads take as long as they are told, on a clock of their own. */
function cacheOnAClock(budget = 4 * KB) {
  const cache = new TileCache();
  let now = 0;
  const reads: string[] = [];
  const get = async (key: string, { kb = 1, ms = 1 } = {}) => {
    const { reused, release } = await cache.get(
      key,
      budget,
      async () => {
        reads.push(key);
        now += ms;
        return allocateTile('float64', 1, (kb * KB) / 8);
      },
      () => now,
    );
    release();
    return reused;
  };
  return { cache, reads, get };
}

describe('the tile cache', () => {
  it('reads a tile once', async () => {
    const { get, reads } = cacheOnAClock();
    expect([await get('a'), await get('a')]).toEqual([false, true]);
    expect(reads).toEqual(['a']);
  });

  it('shares a read that is under way', async () => {
    const { get, reads } = cacheOnAClock(0);
    expect(await Promise.all([get('a'), get('a')])).toEqual([false, true]);
    expect(reads).toEqual(['a']);
  });

  it('keeps nothing without a budget, and no tile that is larger than it', async () => {
    const { get, cache } = cacheOnAClock(2 * KB);
    await get('large', { kb: 3 });
    expect(cache.bytes).toBe(0);
    expect(await get('large', { kb: 3 })).toBe(false);
  });

  it('throws out what was cheapest to read', async () => {
    const { get } = cacheOnAClock(2 * KB);
    await get('dear', { ms: 10 });
    await get('cheap', { ms: 1 });
    await get('new', { ms: 5 });
    expect(await get('dear')).toBe(true);
    expect(await get('cheap')).toBe(false);
  });

  it('keeps nothing for ever: what is dear but unused goes in the end', async () => {
    const { get } = cacheOnAClock(2 * KB);
    await get('dear', { ms: 5 });
    for (let at = 0; at < 20; at++) await get(`other-${at}`, { ms: 1 });
    expect(await get('dear')).toBe(false);
  });

  it('forgets a read that failed', async () => {
    const cache = new TileCache();
    const fails = cache.get(
      'a',
      KB,
      () => Promise.reject(new Error('gone')),
      () => 0,
    );
    await expect(fails).rejects.toThrow('gone');
    const again = await cache.get(
      'a',
      KB,
      async () => allocateTile('float64', 1, 1),
      () => 0,
    );
    expect(again.reused).toBe(false);
  });

  it('never holds more than its budget', async () => {
    const access = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      ms: fc.integer({ min: 0, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(access, { maxLength: 60 }), fc.integer({ min: 0, max: 6 }), async (accesses, kb) => {
        const { get, cache } = cacheOnAClock(kb * KB);
        for (const { key, ms } of accesses) {
          await get(key, { kb: 1 + (key.codePointAt(0)! % 3), ms });
          expect(cache.bytes).toBeLessThanOrEqual(kb * KB);
        }
      }),
    );
  });

  it('frees a tile once: when nobody holds it and it is not kept', async () => {
    const access = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), holds: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(access, { maxLength: 40 }), fc.integer({ min: 0, max: 3 }), async (accesses, kb) => {
        const freed = new Set<Tile>();
        const cache = new TileCache((tile) => {
          expect(freed.has(tile)).toBe(false);
          freed.add(tile);
        });
        const held: HeldTile[] = [];
        const made = new Set<Tile>();
        const read = async () => {
          const tile = allocateTile('float64', 1, KB / 8);
          made.add(tile);
          return tile;
        };
        for (const { key, holds } of accesses) {
          const pair = await Promise.all([1, 2].map(() => cache.get(key, kb * KB, read, () => 0)));
          held.push(...pair);
          for (const one of held.splice(0, Math.max(0, held.length - holds))) one.release();
          for (const { tile } of held) expect(freed.has(tile)).toBe(false);
        }
        for (const one of held) one.release();
        cache.clear();
        await Promise.resolve();
        expect(freed).toEqual(made);
      }),
    );
  });
});
