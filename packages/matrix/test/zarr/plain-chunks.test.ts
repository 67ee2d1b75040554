import { describe, expect, it } from 'vitest';
import { plainChunks } from '../../src/zarr/plain-chunks.ts';

const v2 = { zarr_format: 2, shape: [9, 9], dtype: '<f8', chunks: [4, 5], order: 'C', compressor: null, filters: null };
const bytes = { name: 'bytes', configuration: { endian: 'little' } };
const v3 = {
  zarr_format: 3,
  node_type: 'array',
  shape: [9, 9],
  data_type: 'float32',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, 5] } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 0,
  codecs: [bytes],
};
const keyed = (name: string, separator?: string) => ({
  chunk_key_encoding: { name, ...(separator ? { configuration: { separator } } : {}) },
});

describe('chunks that are plain', () => {
  it.each([
    ['of v2', v2, 'float64', false, '2.3'],
    ['of v2 in folders', { ...v2, dtype: '<f4', filters: [], dimension_separator: '/' }, 'float32', false, '2/3'],
    ['of v3', v3, 'float32', false, 'c/2/3'],
    ['of v3 with checksums', { ...v3, codecs: [bytes, { name: 'crc32c' }] }, 'float32', true, 'c/2/3'],
    ['of v3 without folders', { ...v3, ...keyed('default', '.') }, 'float32', false, 'c.2.3'],
    ['of v3 with a key that says nothing', { ...v3, ...keyed('default') }, 'float32', false, 'c/2/3'],
    ['of v3 named as in v2', { ...v3, ...keyed('v2') }, 'float32', false, '2.3'],
    ['of v3 named as in v2, in folders', { ...v3, ...keyed('v2', '/') }, 'float32', false, '2/3'],
  ])('%s are told with where they lie', (_, document, dtype, hasChecksum, key) => {
    const found = plainChunks(document)!;
    expect(found).toMatchObject({ dtype, hasChecksum, chunk: [4, 5] });
    expect(found.key(2, 3)).toBe(key);
  });

  it.each([
    ['of the other byte order', { ...v2, dtype: '>f8' }],
    ['of integers', { ...v2, dtype: '<i8' }],
    ['in Fortran order', { ...v2, order: 'F' }],
    ['that are compressed', { ...v2, compressor: { id: 'lz4' } }],
    ['that are filtered', { ...v2, filters: [{ id: 'delta' }] }],
    ['of three dimensions', { ...v2, chunks: [4, 5, 6] }],
    ['of v3 and the other byte order', { ...v3, codecs: [{ name: 'bytes', configuration: { endian: 'big' } }] }],
    ['of v3 and integers', { ...v3, data_type: 'int64' }],
    ['of v3 that are transposed', { ...v3, codecs: [{ name: 'transpose', configuration: { order: [1, 0] } }, bytes] }],
    ['of v3 that are compressed', { ...v3, codecs: [bytes, { name: 'zstd' }] }],
    ['of v3 with two checksums', { ...v3, codecs: [bytes, { name: 'crc32c' }, { name: 'crc32c' }] }],
    ['of v3 in shards', { ...v3, codecs: [{ name: 'sharding_indexed', configuration: { codecs: [bytes] } }] }],
    ['of v3 that are stored in another way', { ...v3, storage_transformers: [{ name: 'any' }] }],
    ['of v3 named in another way', { ...v3, ...keyed('other') }],
  ])('are not those %s', (_, document) => {
    expect(plainChunks(document)).toBeUndefined();
  });
});
