import { z } from 'zod';
import type { DType, Shape } from '../tile.ts';

/** How chunks are stored that are nothing but their elements as tiles hold them, whole at the edges too. */
export interface PlainChunks {
  readonly dtype: DType;
  readonly chunk: Shape;
  /** Whether the elements' CRC-32C follows them, as in `ChunkLayout`. */
  readonly hasChecksum: boolean;
  /** Where the store has a chunk. */
  key(r: number, c: number): string;
}

const side = z.int().min(1);
const none = z.array(z.unknown()).length(0);
const separator = z.enum(['.', '/']);
const littleEndian = z.object({ name: z.literal('bytes'), configuration: z.object({ endian: z.literal('little') }) });

/** Zarr v2 (zarr-specs.readthedocs.io/en/latest/v2/v2.0.html). */
const plainV2 = z.object({
  zarr_format: z.literal(2),
  dtype: z.enum(['<f8', '<f4']),
  chunks: z.tuple([side, side]),
  order: z.literal('C'),
  compressor: z.null(),
  filters: none.nullish(),
  dimension_separator: separator.default('.'),
});

/** Zarr v3 (zarr-specs.readthedocs.io/en/latest/v3/core/). */
const plainV3 = z.object({
  zarr_format: z.literal(3),
  data_type: z.enum(['float64', 'float32']),
  chunk_grid: z.object({ name: z.literal('regular'), configuration: z.object({ chunk_shape: z.tuple([side, side]) }) }),
  chunk_key_encoding: z.object({
    name: z.enum(['default', 'v2']),
    configuration: z.object({ separator: separator.optional() }).optional(),
  }),
  codecs: z.union([z.tuple([littleEndian]), z.tuple([littleEndian, z.object({ name: z.literal('crc32c') })])]),
  storage_transformers: none.optional(),
});

/** @param document an array's metadata; `undefined` for one whose chunks go through anything but a checksum */
export function plainChunks(document: unknown): PlainChunks | undefined {
  const older = plainV2.safeParse(document);
  if (older.success) {
    const { dtype, chunks, dimension_separator: between } = older.data;
    return {
      dtype: dtype === '<f8' ? 'float64' : 'float32',
      chunk: chunks,
      hasChecksum: false,
      key: (r, c) => `${r}${between}${c}`,
    };
  }
  const newer = plainV3.safeParse(document);
  if (!newer.success) return undefined;
  const { data_type: dtype, chunk_grid: grid, chunk_key_encoding: encoding, codecs } = newer.data;
  const isDefault = encoding.name === 'default';
  const between = encoding.configuration?.separator ?? (isDefault ? '/' : '.');
  return {
    dtype,
    chunk: grid.configuration.chunk_shape,
    hasChecksum: codecs.length === 2,
    key: (r, c) => `${isDefault ? `c${between}` : ''}${r}${between}${c}`,
  };
}
