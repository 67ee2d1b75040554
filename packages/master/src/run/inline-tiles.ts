import { inlineToTile, tileToInline, type MatrixArray, type Tile } from '@tessera/matrix';
import type { ArrayPiece, PackageBody, Result, TileSource } from '@tessera/protocol';

/** Opens one of the job's arrays by name. */
export type OpenByName = (name: string) => Promise<MatrixArray>;

/**
 * The package with its operands inside it and its output asked for in the reply; kinds without operands stay as they are.
 * A block with a mirror image is stored by its worker, which makes the two agree.
 */
export async function inlined(
  body: PackageBody,
  read: (piece: ArrayPiece, body: PackageBody) => Promise<Tile>,
): Promise<PackageBody> {
  const take = async (source: TileSource): Promise<TileSource> =>
    source.kind === 'inline' ? source : tileToInline(await read(source, body));
  if (body.kind === 'add' || body.kind === 'multiply') {
    const [a, b] = await Promise.all([take(body.a), take(body.b)]);
    const c = 'mirror' in body && body.mirror ? body.c : { kind: 'reply' as const };
    return { ...body, a, b, c };
  }
  if (body.kind === 'verify' && body.check.step === 'elements') {
    const [a, b, c] = await Promise.all([take(body.check.a), take(body.check.b), take(body.check.c)]);
    return { ...body, check: { ...body.check, a, b, c } };
  }
  return body;
}

/** Stores the tile that came with a result where the plan wanted it. */
export async function storeReply(
  body: PackageBody,
  result: Extract<Result, { status: 'done' }>,
  open: OpenByName,
): Promise<void> {
  if (!result.tile || !('c' in body) || body.c.kind !== 'array') return;
  const piece: ArrayPiece = body.c;
  const tile: Tile = inlineToTile(result.tile);
  await (await open(piece.array)).write(piece, tile);
}
