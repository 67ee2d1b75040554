import { expect, it } from 'vitest';
import { TileMemory } from '../../src/operations/tile-memory.ts';

const MIB = 1024 * 1024;

it('collects young tiles every 64 MiB, and all of them every third time', () => {
  const collected: string[] = [];
  const memory = new TileMemory((type) => collected.push(type));
  for (let made = 0; made < 6 * 64; made += 8) memory.made(8 * MIB);
  expect(collected).toEqual(['minor', 'minor', 'major', 'minor', 'minor', 'major']);
});

it('leaves small jobs alone', () => {
  const collected: string[] = [];
  const memory = new TileMemory((type) => collected.push(type));
  for (let made = 0; made < 63; made++) memory.made(MIB);
  expect(collected).toEqual([]);
});
