import { allocateTile, type Region, type Tile } from '@tessera/matrix';

/** A copy of C with something wrong in it. C itself stays as it is. */
export function wrongCopy(c: Tile, spoil: (copy: Tile) => void): Tile {
  const copy = allocateTile(c.dtype, c.rows, c.cols);
  copy.data.set(c.data);
  spoil(copy);
  return copy;
}

/** One element is off by `by`. */
export function addTo(c: Tile, at: number, by: number): Tile {
  return wrongCopy(c, ({ data }) => (data[at]! += by));
}

/** One bit of one element is the other way round; bit 0 is the least of its fraction, the highest its sign. */
export function flipBitOf(c: Tile, at: number, bit: number): Tile {
  return wrongCopy(c, ({ data, dtype }) => {
    if (dtype === 'float64') {
      const words = new BigUint64Array(data.buffer, data.byteOffset, data.length);
      words[at]! ^= 1n << BigInt(bit);
    } else {
      const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
      words[at]! ^= 1 << bit;
    }
  });
}

/** A square tile is stored with rows and columns exchanged. */
export function transposeTile(c: Tile, { row, col, rows }: Region): Tile {
  return wrongCopy(c, (copy) => {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < rows; j++) copy.data[(row + i) * c.cols + col + j] = c.data[(row + j) * c.cols + col + i]!;
  });
}

/** Two tiles of the same size stand in each other's place. */
export function swapTiles(c: Tile, one: Region, other: Region): Tile {
  return wrongCopy(c, (copy) => {
    copyInto(copy, one, c, other);
    copyInto(copy, other, c, one);
  });
}

/** A tile holds what another product has there: that of an earlier job, say. */
export function staleTile(c: Tile, old: Tile, region: Region): Tile {
  return wrongCopy(c, (copy) => copyInto(copy, region, old, region));
}

/** A tile was never stored: it reads as zeros. */
export function emptyTile(c: Tile, region: Region): Tile {
  return staleTile(c, allocateTile(c.dtype, c.rows, c.cols), region);
}

function copyInto(target: Tile, to: Region, source: Tile, from: Region): void {
  for (let row = 0; row < to.rows; row++) {
    const start = (from.row + row) * source.cols + from.col;
    target.data.set(source.data.subarray(start, start + from.cols), (to.row + row) * target.cols + to.col);
  }
}
