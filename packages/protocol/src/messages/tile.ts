import { z } from 'zod';
import { ArrayName } from '../ids.ts';
import { DType, Region } from '../shape.ts';

/**
 * A piece of one of the job's arrays, by the array's name: where it is stored stands in the job's manifest, so a
 * message can't point outside the job's workspace.
 * @example {"kind":"array","array":"A","row":0,"col":512,"rows":512,"cols":488}
 */
export const ArrayPiece = Region.extend({ kind: z.literal('array'), array: ArrayName });
export type ArrayPiece = z.infer<typeof ArrayPiece>;

/**
 * A tile that travels inside the message: row-major little-endian elements in base64.
 * @example {"kind":"inline","dtype":"float64","rows":1,"cols":2,"data":"AAAAAAAA8D8AAAAAAAAAQA=="}
 */
export const InlineTile = z
  .object({
    kind: z.literal('inline'),
    dtype: DType,
    rows: z.int().positive(),
    cols: z.int().positive(),
    data: z.base64(),
  })
  .refine((tile) => base64Bytes(tile.data) === tile.rows * tile.cols * (tile.dtype === 'float64' ? 8 : 4), {
    message: 'the data of an inline tile has exactly rows x cols elements',
  });
export type InlineTile = z.infer<typeof InlineTile>;

/** Where a package takes an operand from. */
export const TileSource = z.union([ArrayPiece, InlineTile]);
export type TileSource = z.infer<typeof TileSource>;

/** Where a package leaves its output: in an array, or in the result message. */
export const TileSink = z.union([ArrayPiece, z.object({ kind: z.literal('reply') })]);
export type TileSink = z.infer<typeof TileSink>;

function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
