import { expect, it } from 'vitest';
import { lazyCollector } from '../../src/memory/collector.ts';
import { TileMemory } from '../../src/memory/tile-memory.ts';

const MIB = 1024 * 1024;

function memory(own: () => number) {
  const collected: string[] = [];
  const resident = () => ({ own: own(), files: 50 * MIB });
  return { collected, tiles: new TileMemory({ resident, collect: (type) => collected.push(type) }) };
}

it('collects young tiles every 64 MiB', () => {
  const { tiles, collected } = memory(() => 100 * MIB);
  for (let made = 0; made < 6 * 64; made += 4) tiles.make(4 * MIB);
  expect(collected).toEqual(Array.from({ length: 6 }, () => 'minor'));
});

it('collects everything before it goes over its limit, but not again until 32 MiB were made', () => {
  let own = 100 * MIB;
  const { tiles, collected } = memory(() => own);
  tiles.limit(250 * MIB);
  tiles.make(8 * MIB);
  own = 195 * MIB;
  expect(collected).toEqual([]);
  tiles.make(8 * MIB);
  expect(collected).toEqual(['major']);
  for (let made = 0; made < 32; made += 8) tiles.make(8 * MIB);
  expect(collected).toEqual(['major', 'major']);
});

it('counts what was made and is not resident yet', () => {
  const { tiles, collected } = memory(() => 100 * MIB);
  tiles.limit(282 * MIB);
  const block = tiles.make(63 * MIB);
  tiles.make(4 * MIB);
  expect(collected).toEqual(['minor']);
  tiles.make(8 * MIB);
  expect(collected).toEqual(['minor', 'major']);
  expect(block.byteLength).toBe(63 * MIB);
});

it('uses again what was given back, for whoever writes all of it', () => {
  const { tiles } = memory(() => 100 * MIB);
  const buffer = tiles.make(4 * MIB);
  tiles.giveBack(buffer);
  expect(tiles.make(4 * MIB)).not.toBe(buffer);
  expect(tiles.take(8 * MIB)).not.toBe(buffer);
  expect(tiles.take(4 * MIB)).toBe(buffer);
  expect(tiles.take(4 * MIB)).not.toBe(buffer);
});

it.each([8_000_000, 8 * MIB, 5 * MIB - 4])('gives the memory of a tile of %i bytes to its stored chunk', (bytes) => {
  const { tiles } = memory(() => 100 * MIB);
  const tile = tiles.take(bytes);
  expect(tile.byteLength).toBeGreaterThanOrEqual(bytes);
  tiles.giveBack(tile);
  const chunk = tiles.take(bytes + 4);
  expect(chunk).toBe(tile);
  expect(chunk.byteLength).toBeGreaterThanOrEqual(bytes + 4);
});

it('has dropped tiles freed when the collector returns', async () => {
  const collect = lazyCollector();
  const dropped = new WeakRef(new Uint8Array(new SharedArrayBuffer(64 * MIB)).fill(1).buffer);
  await new Promise((resolve) => setImmediate(resolve));
  const before = process.memoryUsage.rss();
  collect('major');
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(48 * MIB);
  expect(dropped.deref()).toBeUndefined();
});
