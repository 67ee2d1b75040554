/**
 * Every error this package throws on purpose. Branch on `_tag`, never on the message.
 * `InputError`s are what a person can put right (the CLI's exit code 2); the others mean that a
 * stored matrix or a caller is broken.
 */
export abstract class MatrixError extends Error {
  abstract readonly _tag: string;
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
  }
}

/** Something about a file, a path or a shape that its owner can put right. */
export abstract class InputError extends MatrixError {}

/** A store key with `..`, an empty segment, a backslash or a leading slash. The caller built it wrongly. */
export class KeyError extends MatrixError {
  readonly _tag = 'KeyError';
  readonly key: string;
  constructor(key: string, reason: string) {
    super(`Store key ${JSON.stringify(key)} ${reason}. Keys are segments joined by single slashes, such as c/0/1.`);
    this.key = key;
  }
}

/** A region that leaves its matrix, or a tile whose shape or dtype isn't what the array needs. A bug in the caller. */
export class RegionError extends MatrixError {
  readonly _tag = 'RegionError';
}

/** Parts of a text that workers should have stored, and didn't (all). */
export class MissingTextPartError extends MatrixError {
  readonly _tag = 'MissingTextPartError';
  readonly key: string;
  constructor(key: string, expected: number, found: number) {
    super(`${key} should have ${expected} parts, ${found} are there. Export them again.`);
    this.key = key;
  }
}

/** A write that covers a chunk only in part. Zarr chunks are written whole: align the region to the chunk grid. */
export class PartialChunkError extends MatrixError {
  readonly _tag = 'PartialChunkError';
}

/** Writing to an array that can only be read (a foreign Zarr array, an .npy on S3 or of another dtype). */
export class ReadOnlyArrayError extends MatrixError {
  readonly _tag = 'ReadOnlyArrayError';
  readonly url: string;
  constructor(url: string, reason: string) {
    super(`${url} can only be read: ${reason}. Write to a new array instead.`);
    this.url = url;
  }
}

/** A stored chunk whose checksum or length is wrong. Its writer must store it again; its numbers are never used. */
export class CorruptTileError extends MatrixError {
  readonly _tag = 'CorruptTileError';
  readonly url: string;
  readonly chunk: readonly [number, number];
  constructor(url: string, chunk: readonly [number, number], reason: string, options?: { cause?: unknown }) {
    super(`Chunk ${chunk[0]},${chunk[1]} of ${url} is corrupt: ${reason}. Store it again.`, options);
    this.url = url;
    this.chunk = chunk;
  }
}

/** A chunk that was never stored, in an array of ours. Compute and store it, then read again. */
export class MissingTileError extends MatrixError {
  readonly _tag = 'MissingTileError';
  readonly url: string;
  readonly chunk: readonly [number, number];
  constructor(url: string, chunk: readonly [number, number]) {
    super(`Chunk ${chunk[0]},${chunk[1]} of ${url} is not stored (yet).`);
    this.url = url;
    this.chunk = chunk;
  }
}

/** Creating an array where a different one already is. Delete it first or choose another place. */
export class ArrayExistsError extends MatrixError {
  readonly _tag = 'ArrayExistsError';
  readonly url: string;
  constructor(url: string, found: string, wanted: string) {
    super(`${url} already holds ${found}, and ${wanted} was to be created there. Delete it or choose another place.`);
    this.url = url;
  }
}

/** A URL scheme that no store serves, or `s3://` where no S3 client was given. */
export class UnsupportedUrlError extends InputError {
  readonly _tag = 'UnsupportedUrlError';
  readonly url: string;
  constructor(url: string, reason: string) {
    super(`Can't open ${url}: ${reason}.`);
    this.url = url;
  }
}

/** Nothing is at that path or URL. */
export class NotFoundError extends InputError {
  readonly _tag = 'NotFoundError';
  readonly url: string;
  constructor(url: string, what = 'no such file') {
    super(`Can't read ${url}: ${what}.`);
    this.url = url;
  }
}

/** The path is a folder (or a socket, a device) where a file was expected. */
export class NotAFileError extends InputError {
  readonly _tag = 'NotAFileError';
  readonly path: string;
  constructor(path: string, found: string, expected: string) {
    super(`${path} is ${found}, expected ${expected}.`);
    this.path = path;
  }
}

/** The operating system or S3 refused access. */
export class NoPermissionError extends InputError {
  readonly _tag = 'NoPermissionError';
  readonly path: string;
  constructor(path: string, action: 'read' | 'write', options?: { cause?: unknown }) {
    super(`No permission to ${action} ${path}.`, options);
    this.path = path;
  }
}

/** A file of no bytes, or a CSV of nothing but blank lines or a header. */
export class EmptyFileError extends InputError {
  readonly _tag = 'EmptyFileError';
  readonly path: string;
  constructor(path: string, found = 'it has 0 bytes') {
    super(`${path} holds no matrix: ${found}.`);
    this.path = path;
  }
}

/** A file that ends before the matrix that it announces. Copy or download it again. */
export class TruncatedFileError extends InputError {
  readonly _tag = 'TruncatedFileError';
  readonly path: string;
  readonly expectedBytes: number;
  readonly foundBytes: number;
  constructor(path: string, expectedBytes: number, foundBytes: number, options?: { cause?: unknown }) {
    super(`${path} is truncated: expected ${expectedBytes} bytes, found ${foundBytes}. Copy it again.`, options);
    this.path = path;
    this.expectedBytes = expectedBytes;
    this.foundBytes = foundBytes;
  }
}

/** A file whose first bytes aren't those of the format that its extension promises. */
export class WrongFormatError extends InputError {
  readonly _tag = 'WrongFormatError';
  readonly path: string;
  constructor(path: string, expected: string, found: string) {
    super(`${path} is not ${expected}: ${found}.`);
    this.path = path;
  }
}

/** A header or metadata document that breaks its format's own rules. */
export class MalformedHeaderError extends InputError {
  readonly _tag = 'MalformedHeaderError';
  readonly path: string;
  constructor(path: string, reason: string, options?: { cause?: unknown }) {
    super(`${path} has a malformed header: ${reason}.`, options);
    this.path = path;
  }
}

/** An extension that names no known matrix format. */
export class UnknownExtensionError extends InputError {
  readonly _tag = 'UnknownExtensionError';
  readonly path: string;
  readonly known: readonly string[];
  constructor(path: string, known: readonly string[]) {
    super(`${path} has no known matrix extension, expected one of ${known.join(', ')}.`);
    this.path = path;
    this.known = known;
  }
}

/** Elements that are no real numbers: complex, object, structured, text, dates. */
export class UnsupportedDtypeError extends InputError {
  readonly _tag = 'UnsupportedDtypeError';
  readonly path: string;
  readonly dtype: string;
  constructor(path: string, dtype: string) {
    super(`${path} holds elements of type ${dtype}, expected floats, integers or booleans. Convert it first.`);
    this.path = path;
    this.dtype = dtype;
  }
}

/** A 64-bit integer that no float64 equals. We refuse rather than round: the operand would silently change. */
export class InexactIntegerError extends InputError {
  readonly _tag = 'InexactIntegerError';
  readonly path: string;
  constructor(path: string, row: number, col: number, value: bigint) {
    super(
      `${path} holds the integer ${value} in row ${row}, column ${col} (from 0), which float64 can't hold exactly. ` +
        `Convert it to floats first if rounding is fine.`,
    );
    this.path = path;
  }
}

/** Not two dimensions, or a dimension of zero. */
export class UnsupportedShapeError extends InputError {
  readonly _tag = 'UnsupportedShapeError';
  readonly path: string;
  readonly shape: readonly number[];
  constructor(path: string, shape: readonly number[]) {
    const found =
      shape.length === 2
        ? shape.join('x')
        : `${shape.length} dimensions (${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''})`;
    super(`${path} has the shape ${found}, expected a matrix of at least 1x1.`);
    this.path = path;
    this.shape = shape;
  }
}

/** An array of ours in which chunks are missing: whatever made it never finished. */
export class IncompleteArrayError extends InputError {
  readonly _tag = 'IncompleteArrayError';
  readonly url: string;
  readonly expectedChunks: number;
  readonly foundChunks: number;
  constructor(url: string, expectedChunks: number, foundChunks: number) {
    super(`${url} is not complete: it has ${foundChunks} of its ${expectedChunks} chunks. Make it again.`);
    this.url = url;
    this.expectedChunks = expectedChunks;
    this.foundChunks = foundChunks;
  }
}

/** A disk that can't take what is to be written to it. */
export class NoSpaceError extends InputError {
  readonly _tag = 'NoSpaceError';
  readonly path: string;
  readonly neededBytes: number;
  readonly freeBytes: number;
  constructor(path: string, neededBytes: number, freeBytes: number) {
    super(
      `${path} needs ${inUnits(neededBytes)}, but its disk has ${inUnits(freeBytes)} free. ` +
        `Free some or write elsewhere.`,
    );
    this.path = path;
    this.neededBytes = neededBytes;
    this.freeBytes = freeBytes;
  }
}

/** A place where no result can be written. */
export class NotWritableError extends InputError {
  readonly _tag = 'NotWritableError';
  readonly path: string;
  constructor(path: string, reason: string, options?: { cause?: unknown }) {
    super(`Can't write ${path}: ${reason}.`, options);
    this.path = path;
  }
}

/** A CSV row with more or fewer cells than the first. `row` counts lines from 1, as an editor shows them. */
export class RaggedRowError extends InputError {
  readonly _tag = 'RaggedRowError';
  readonly path: string;
  readonly row: number;
  readonly expected: number;
  readonly found: number;
  constructor(path: string, facts: { row: number; expected: number; found: number }) {
    super(
      `${path}: line ${facts.row} has ${facts.found} ${facts.found === 1 ? 'cell' : 'cells'}, expected ${facts.expected}.`,
    );
    this.path = path;
    this.row = facts.row;
    this.expected = facts.expected;
    this.found = facts.found;
  }
}

/** A CSV cell that is no number. `row` and `column` count from 1, the row as the line an editor shows. */
export class NotANumberError extends InputError {
  readonly _tag = 'NotANumberError';
  readonly path: string;
  readonly row: number;
  readonly column: number;
  readonly text: string;
  constructor(path: string, facts: { row: number; column: number; text: string }) {
    const shown = facts.text.length > 40 ? `${facts.text.slice(0, 40)}…` : facts.text;
    const what = facts.text.trim() === '' ? 'is empty' : `is not a number: ${JSON.stringify(shown)}`;
    super(`${path}: line ${facts.row}, column ${facts.column} ${what}.`);
    this.path = path;
    this.row = facts.row;
    this.column = facts.column;
    this.text = facts.text;
  }
}

/** A CSV that is no plain table of text (a NUL byte, a row longer than any sane row, a quote that never closes). */
export class MalformedCsvError extends InputError {
  readonly _tag = 'MalformedCsvError';
  readonly path: string;
  readonly row: number;
  constructor(path: string, row: number, reason: string, options?: { cause?: unknown }) {
    super(`${path}: line ${row} ${reason}.`, options);
    this.path = path;
    this.row = row;
  }
}

function inUnits(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(6, Math.floor(Math.log2(bytes) / 10));
  if (power === 0) return `${bytes} bytes`;
  return `${(bytes / 1024 ** power).toFixed(1)} ${['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'][power - 1]}`;
}
