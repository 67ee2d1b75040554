import { MalformedHeaderError, TruncatedFileError, UnsupportedShapeError, WrongFormatError } from '../errors.ts';
import type { DType, Shape } from '../tile.ts';
import { LiteralSyntaxError, parseLiteral } from './literal.ts';
import type { Literal } from './literal.ts';
import { parseDescr } from './descr.ts';
import type { Descr } from './descr.ts';

/** What the header of an .npy file says (numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
export interface NpyHeader {
  readonly descr: Descr;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
  /** Where the elements start, in bytes. */
  readonly dataOffset: number;
}

/** Bytes of a file's start that must be read before `headerLength` can tell how long the header is. */
export const NPY_PREFIX = 12;
/** numpy writes headers of 118 bytes and refuses to read more than 10,000 characters; only structured types come near. */
const MAX_HEADER = 1 << 16;
const MAGIC = '\u0093NUMPY';

/**
 * The length of magic, version, length field and dictionary together, from the first `NPY_PREFIX` bytes of a file.
 * @throws WrongFormatError without the magic, MalformedHeaderError for an unknown version or an absurd length,
 *   TruncatedFileError when the file ends before.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, name: string): number {
  const magic = latin1(prefix.subarray(0, 6));
  if (magic !== MAGIC.slice(0, magic.length)) {
    throw new WrongFormatError(name, 'an .npy file', `it starts with ${JSON.stringify(magic)} instead of \\x93NUMPY`);
  }
  if (prefix.byteLength < 10) throw new TruncatedFileError(name, NPY_PREFIX, fileBytes);
  const major = prefix[6]!;
  if (major < 1 || major > 3)
    throw new MalformedHeaderError(name, `its version is ${major}.${prefix[7]}, expected 1 to 3`);
  if (major > 1 && prefix.byteLength < NPY_PREFIX) throw new TruncatedFileError(name, NPY_PREFIX, fileBytes);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = major === 1 ? 10 + view.getUint16(8, true) : NPY_PREFIX + view.getUint32(8, true);
  if (length > MAX_HEADER)
    throw new MalformedHeaderError(name, `it claims ${length} bytes, expected at most ${MAX_HEADER}`);
  if (length > fileBytes) throw new TruncatedFileError(name, length, fileBytes);
  return length;
}

/**
 * Reads the whole header. Nothing that it claims is believed before it is checked against the file's size.
 * Bytes past the last element are allowed, as numpy allows them.
 * @throws MalformedHeaderError, UnsupportedDtypeError, UnsupportedShapeError, TruncatedFileError.
 */
export function parseHeader(header: Uint8Array, fileBytes: number, name: string): NpyHeader {
  const major = header[6]!;
  const dictionary = header.subarray(major === 1 ? 10 : NPY_PREFIX);
  const text = major === 3 ? new TextDecoder().decode(new Uint8Array(dictionary)) : latin1(dictionary);
  const facts = readDictionary(text, name);
  const descr = parseDescr(facts.descr, name);
  const [rows, cols] = facts.shape;
  if (facts.shape.length !== 2 || !rows || !cols) throw new UnsupportedShapeError(name, facts.shape);
  const dataOffset = header.byteLength;
  const expected = dataOffset + rows * cols * descr.itemBytes;
  if (expected > fileBytes) throw new TruncatedFileError(name, expected, fileBytes);
  return { descr, fortranOrder: facts.fortranOrder, shape: [rows, cols], dataOffset };
}

/** The header of a C-order, little-endian file as numpy writes it: version 1, elements start at a multiple of 64. */
export function formatHeader(shape: Shape, dtype: DType): Uint8Array<ArrayBuffer> {
  const descr = dtype === 'float64' ? '<f8' : '<f4';
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape[0]}, ${shape[1]}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = new Uint8Array(length).fill(0x20);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (length - 10) & 0xff, (length - 10) >> 8]);
  header.set(new TextEncoder().encode(dictionary), 10);
  header[length - 1] = 0x0a;
  return header;
}

function readDictionary(text: string, name: string) {
  let parsed: Literal;
  try {
    parsed = parseLiteral(text);
  } catch (cause) {
    if (!(cause instanceof LiteralSyntaxError)) throw cause;
    throw new MalformedHeaderError(name, `its dictionary has an error: ${cause.message}`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new MalformedHeaderError(name, 'it holds no dictionary');
  }
  const entries = parsed as { readonly [key: string]: Literal };
  const keys = Object.keys(entries).sort().join(', ');
  if (keys !== 'descr, fortran_order, shape') {
    throw new MalformedHeaderError(name, `its keys are ${keys}, expected descr, fortran_order, shape`);
  }
  const { descr, fortran_order: fortranOrder, shape } = entries;
  if (typeof fortranOrder !== 'boolean')
    throw new MalformedHeaderError(name, 'fortran_order is neither True nor False');
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)) {
    throw new MalformedHeaderError(name, `its shape is ${JSON.stringify(shape)}, expected a tuple of whole numbers`);
  }
  return { descr: descr ?? null, fortranOrder, shape: shape as number[] };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
