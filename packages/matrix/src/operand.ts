import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ArrayContext, ChunkedArray } from './array.ts';
import { isChunked } from './array.ts';
import { gridOf } from './chunk-grid.ts';
import type { CsvText } from './csv/inspect.ts';
import { inspectCsv } from './csv/inspect.ts';
import { IncompleteArrayError, NoPermissionError, NotAFileError, NotFoundError } from './errors.ts';
import { codeOf, openError } from './file-errors.ts';
import { formatOf, locate, nameOf } from './location.ts';
import type { Format, Location } from './location.ts';
import { inspectNpy } from './npy/open.ts';
import type { DType, Shape } from './tile.ts';
import { openZarr } from './zarr/open.ts';

/** What there is to know of an operand before anything is started. */
export interface OperandInfo {
  readonly url: string;
  readonly format: Format;
  readonly shape: Shape;
  /** What its tiles hold: `float64` but for float32 and float16 arrays. */
  readonly dtype: DType;
  /** Of a chunked array. */
  readonly chunk?: Shape;
  readonly csv?: CsvText;
}

/**
 * Looks at an operand by URL or path, and refuses whatever couldn't be computed with. Every failure that a person can
 * put right is an `InputError` of one clear line. A CSV is read whole (see `inspectCsv`), everything else briefly.
 * @throws UnknownExtensionError, NotFoundError, NotAFileError, NoPermissionError, EmptyFileError, TruncatedFileError,
 *   WrongFormatError, MalformedHeaderError, UnsupportedDtypeError, UnsupportedShapeError, IncompleteArrayError,
 *   RaggedRowError, NotANumberError, MalformedCsvError, UnsupportedUrlError.
 */
export async function inspectOperand(urlOrPath: string, context: ArrayContext = {}): Promise<OperandInfo> {
  const location = locate(urlOrPath);
  const format = formatOf(location);
  try {
    if (location.scheme === 'file') await checkKind(location.path, format);
    if (format === 'npy') {
      const { shape, descr } = await inspectNpy(location.url, context);
      return { url: location.url, format, shape, dtype: descr.dtype };
    }
    if (format === 'zarr') return await inspectZarr(location, context);
    const { rows, cols, ...csv } = await inspectCsv(location.url, context);
    return { url: location.url, format, shape: [rows, cols], dtype: 'float64', csv };
  } catch (error) {
    throw plainer(error, nameOf(location));
  }
}

async function checkKind(path: string, format: Format): Promise<void> {
  const found = await stat(path).catch((error: unknown) => Promise.reject(openError(path, error)));
  if (format === 'zarr') {
    if (!found.isDirectory()) throw new NotAFileError(path, 'a file', 'a folder that holds a Zarr array');
  } else if (!found.isFile()) throw new NotAFileError(path, kindOf(found), `a ${format} file`);
}

function kindOf(found: Stats): string {
  return found.isDirectory() ? 'a folder' : 'no regular file';
}

async function inspectZarr(location: Location, context: ArrayContext): Promise<OperandInfo> {
  const array = await openZarr(location.url, context);
  const { url, shape, dtype, chunk } = array;
  if (isChunked(array)) await checkComplete(location, array, context);
  return { url, format: 'zarr', shape, dtype, ...(chunk ? { chunk } : {}) };
}

/** A chunk that isn't there means zeros (or a fill value) to Zarr, but to us a matrix that was never finished. */
async function checkComplete(location: Location, array: ChunkedArray, context: ArrayContext): Promise<void> {
  const [rows, cols] = gridOf(array.shape, array.chunk);
  let found = 0;
  for await (const _ of array.storedChunks(context)) found++;
  if (found < rows * cols) throw new IncompleteArrayError(nameOf(location), rows * cols, found);
}

/** The operating system's and S3's own errors, in the words of this package. */
function plainer(error: unknown, name: string): unknown {
  if (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM')
    return new NoPermissionError(name, 'read', { cause: error });
  if (!(error instanceof Error)) return error;
  if (error.name === 'NoSuchBucket') return new NotFoundError(name, 'no such bucket');
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === 403 ? new NoPermissionError(name, 'read', { cause: error }) : error;
}
