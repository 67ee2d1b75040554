import type { ArrayCallOptions, MatrixArray } from '../array.ts';
import type { Shape } from '../tile.ts';
import { rowBands } from '../write/row-bands.ts';
import { ChunkChecksums } from './chunk-checksums.ts';
import { checkedReads } from './checked-reads.ts';

/**
 * The hash of a stored matrix, in hexadecimal: see `MatrixHash` of the protocol. Reads all of it, band after band.
 * @param chunk the chunks that the hash is taken of, whatever those are that the matrix is stored in
 */
export async function hashMatrix(array: MatrixArray, chunk: Shape, options: ArrayCallOptions = {}): Promise<string> {
  const checksums = new ChunkChecksums(array.shape, chunk);
  const { read } = checkedReads(array, chunk, (index, crc32c) => checksums.set(index, crc32c));
  for (const band of rowBands(array)) await read(band, options);
  return checksums.sha256()!;
}
