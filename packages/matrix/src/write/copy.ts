import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { forEachBounded } from '../bounded.ts';
import { chunkRegion, evenChunk, overlaps } from '../chunk-grid.ts';
import { locate, nameOf } from '../location.ts';
import { openStore } from '../stores/open.ts';
import { wholeRegion } from '../tile.ts';
import type { Shape } from '../tile.ts';
import { createZarr } from '../zarr/open.ts';
import { ownArray } from '../zarr/own.ts';
import { writeMetadata } from '../zarr/metadata.ts';
import { atomically } from './atomically.ts';
import type { AtomicOptions } from './atomically.ts';
import { checkSpace } from './space.ts';

/** Side of the chunks where the source has none: 8 MiB of float64. */
const SIDE = 1024;
const IN_FLIGHT = 4;

/**
 * Copies a matrix to a Zarr array at a URL, chunk by chunk, each checked on the way. On a disk the array appears whole
 * or not at all and replaces what was there; on S3 its `zarr.json` is written last, so that nobody opens half of it.
 */
export async function copyArray(
  source: MatrixArray,
  targetUrl: string,
  context: ArrayContext & ArrayCallOptions & AtomicOptions & { readonly chunk?: Shape } = {},
): Promise<void> {
  const { shape, dtype } = source;
  const chunk = context.chunk ?? source.chunk ?? [evenChunk(shape[0], SIDE), evenChunk(shape[1], SIDE)];
  const spec = { shape, dtype, chunk };
  const target = locate(targetUrl);
  if (target.scheme === 'file') {
    await checkSpace(target.path, shape[0] * shape[1] * (dtype === 'float64' ? 8 : 4));
    await atomically(
      target.path,
      async (at) => copyChunks(source, await createZarr(at, spec, context), context),
      context,
    );
    return;
  }
  const store = await openStore(targetUrl, context);
  await store.deleteAll('', context);
  try {
    await copyChunks(source, ownArray(nameOf(target), store, { kind: 'own', ...spec }), context);
    await store.set('zarr.json', new TextEncoder().encode(writeMetadata(spec)), context);
  } catch (error) {
    // Not with the signal, which may be what ended the copy.
    await store.deleteAll('').catch(() => undefined);
    throw error;
  }
}

async function copyChunks(source: MatrixArray, target: MatrixArray, options: ArrayCallOptions): Promise<void> {
  const { shape } = source;
  const chunk = target.chunk ?? shape;
  await forEachBounded(overlaps(wholeRegion(shape), chunk), IN_FLIGHT, async ({ r, c }) => {
    options.signal?.throwIfAborted();
    const region = chunkRegion(shape, chunk, r, c);
    await target.write(region, await source.read(region, options), options);
  });
}
