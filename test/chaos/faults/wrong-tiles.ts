import { readFileSync, writeFileSync } from 'node:fs';
import { isChunked, openArray } from '@tessera/matrix';
import { chunkFiles, type Trouble } from './troubles.ts';

/** Two stored chunks change places: each is whole, and its checksum right. */
export const swapChunks =
  (name: string): Trouble =>
  async (command) => {
    const files = chunkFiles(command, name);
    const contents = files.map((path) => readFileSync(path));
    for (let other = 1; other < files.length; other++) {
      if (contents[0]!.equals(contents[other]!)) continue;
      writeFileSync(files[0]!, contents[other]!);
      writeFileSync(files[other]!, contents[0]!);
      return `swapped chunks 0 and ${other} of ${files.length} of ${name}`;
    }
    return undefined;
  };

/** One element of an array becomes another number, stored as a worker would store it. */
export const wrongNumber =
  (name: string): Trouble =>
  async (command, chance) => {
    const folder = command.array(name);
    if (folder === undefined) return undefined;
    const array = await openArray(folder);
    if (!isChunked(array)) return undefined;
    const [rows, cols] = array.chunk;
    const [row, col] = array.shape.map(
      (size, axis) => chance.between(0, Math.ceil(size / array.chunk[axis]!) - 1) * array.chunk[axis]!,
    );
    const region = {
      row: row!,
      col: col!,
      rows: Math.min(rows, array.shape[0] - row!),
      cols: Math.min(cols, array.shape[1] - col!),
    };
    const tile = await array.read(region);
    const at = chance.between(0, tile.data.length - 1);
    tile.data[at]! += 1;
    await array.write(region, tile);
    await array.close();
    return `added 1 to element ${at} of the chunk at ${row}, ${col} of ${name}`;
  };
