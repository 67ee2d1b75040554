import { countRead, countWritten, newTraffic } from '../array.ts';
import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { EmptyFileError, ReadOnlyArrayError, TruncatedFileError } from '../errors.ts';
import { locate, nameOf, parentOf } from '../location.ts';
import { mapRegion, spanBytes } from '../mapped.ts';
import { openStore } from '../stores/open.ts';
import { allocate, bytesOf, checkRegion, checkTile } from '../tile.ts';
import type { Elements, Region, Tile } from '../tile.ts';
import { fileBytes, storedBytes } from './bytes.ts';
import type { ByteSource } from './bytes.ts';
import { convert, inexactAt, isNative } from './convert.ts';
import { headerLength, NPY_PREFIX, parseHeader } from './header.ts';
import type { NpyHeader } from './header.ts';
import { readRawRegion } from './raw-region.ts';
import { transpose } from './transpose.ts';
import { regionWriter } from './write-region.ts';

/**
 * Opens an .npy file for random access: any region is read straight from the file, and, in files of the layout that
 * `createNpy` makes, written straight to it. Other real dtypes, byte orders and Fortran order are read through
 * conversion. A 64-bit integer that float64 can't hold exactly is an error (InexactIntegerError), not rounded.
 * @throws NotFoundError, NotAFileError, NoPermissionError, EmptyFileError, TruncatedFileError, WrongFormatError,
 *   MalformedHeaderError, UnsupportedDtypeError, UnsupportedShapeError.
 */
export async function openNpy(url: string, context: ArrayContext = {}): Promise<MatrixArray> {
  const location = locate(url);
  const name = nameOf(location);
  const source = await openBytes(url, context);
  try {
    return npyArray(location.url, name, source, await readHeader(source, name, context.signal), pathOf(url));
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The header alone, with every check that can be made without reading elements. */
export async function inspectNpy(url: string, context: ArrayContext = {}): Promise<NpyHeader> {
  const source = await openBytes(url, context);
  try {
    return await readHeader(source, nameOf(locate(url)), context.signal);
  } finally {
    await source.close();
  }
}

async function openBytes(url: string, context: ArrayContext): Promise<ByteSource> {
  const location = locate(url);
  if (location.scheme === 'file') return fileBytes(location.path, context.mapFile);
  const { parent, name } = parentOf(location);
  return storedBytes(await openStore(parent, context), name, location.url, context.signal);
}

async function readHeader(source: ByteSource, name: string, signal?: AbortSignal): Promise<NpyHeader> {
  if (source.size === 0) throw new EmptyFileError(name);
  const take = async (length: number) => {
    const bytes = new Uint8Array(Math.min(length, source.size));
    const count = await source.read(bytes, 0, signal);
    if (count < bytes.byteLength) throw new TruncatedFileError(name, bytes.byteLength, count);
    return bytes;
  };
  const length = headerLength(await take(NPY_PREFIX), source.size, name);
  return parseHeader(await take(length), source.size, name);
}

function pathOf(url: string): string | undefined {
  const location = locate(url);
  return location.scheme === 'file' ? location.path : undefined;
}

function npyArray(url: string, name: string, source: ByteSource, header: NpyHeader, path?: string): MatrixArray {
  const { descr, shape, fortranOrder, dataOffset } = header;
  const { dtype, itemBytes } = descr;
  const native = isNative(descr);
  const traffic = newTraffic();
  const layout = { dataOffset, itemBytes, cols: fortranOrder ? shape[0] : shape[1], name };
  const writer =
    native && !fortranOrder && path !== undefined ? regionWriter(path, { ...layout, cols: shape[1] }) : undefined;

  async function read(region: Region, options?: ArrayCallOptions): Promise<Tile> {
    checkRegion(region, shape, name);
    const { rows, cols } = region;
    // A Fortran-order matrix is the C-order transpose: read that region of it, then turn it.
    const stored = fortranOrder ? { row: region.col, col: region.row, rows: cols, cols: rows } : region;
    let data: Elements;
    if (native) {
      data = allocate(dtype, rows * cols);
      countRead(await readRawRegion(source, layout, stored, bytesOf(data), options?.signal), traffic, options);
    } else {
      const raw = new Uint8Array(rows * cols * itemBytes);
      countRead(await readRawRegion(source, layout, stored, raw, options?.signal), traffic, options);
      data = convert(raw, descr, inexactAt(name, stored, fortranOrder));
    }
    return { dtype, rows, cols, data: fortranOrder ? transpose(data, cols, rows, dtype) : data };
  }

  const map: MatrixArray['map'] = async (region, mostBytes, options) => {
    checkRegion(region, shape, name);
    if (spanBytes(layout, region) > mostBytes) return undefined;
    const tile = mapRegion(source.map!, dtype, layout, region);
    if (tile) countRead(region.rows * region.cols * itemBytes, traffic, options);
    return tile;
  };

  return {
    url,
    format: 'npy',
    shape,
    dtype,
    traffic,
    read,
    ...(native && !fortranOrder && source.map && { map }),
    async write(region, tile, options) {
      if (!writer) throw new ReadOnlyArrayError(name, 'only a float .npy in C order on a local disk can be written');
      checkRegion(region, shape, name);
      checkTile(tile, region, dtype, name);
      countWritten(await writer.write(region, bytesOf(tile.data), options?.signal), traffic, options);
    },
    async close() {
      await Promise.all([source.close(), writer?.close()]);
    },
  };
}
