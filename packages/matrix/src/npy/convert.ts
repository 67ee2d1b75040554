import { InexactIntegerError } from '../errors.ts';
import { allocate, bytesOf } from '../tile.ts';
import type { Elements, Region } from '../tile.ts';
import type { Descr } from './descr.ts';

/** Whether the bytes on disk are the tile's own bytes. */
export function isNative({ kind, itemBytes, bigEndian }: Descr): boolean {
  return kind === 'float' && itemBytes >= 4 && !bigEndian;
}

/**
 * The elements that raw bytes stand for. The bytes are changed where they have to be swapped.
 * `inexact` makes the error for a 64-bit integer that float64 can't hold, from its index.
 */
export function convert(raw: Uint8Array, descr: Descr, inexact: (index: number, value: bigint) => Error): Elements {
  const { kind, itemBytes, bigEndian, dtype } = descr;
  if (bigEndian && itemBytes > 1) swap(raw, itemBytes);
  const length = raw.byteLength / itemBytes;
  const out = allocate(dtype, length);
  if (kind === 'float' && itemBytes >= 4) {
    bytesOf(out).set(raw);
    return out;
  }
  const buffer = raw.buffer;
  const at = raw.byteOffset;
  if (kind === 'float') halfToFloat(new Uint16Array(buffer, at, length), out);
  else if (kind === 'bool') for (let i = 0; i < length; i++) out[i] = raw[i] ? 1 : 0;
  else if (itemBytes === 8) longToFloat(new Uint32Array(buffer, at, length * 2), kind === 'int', out, inexact);
  else out.set(integers(kind, itemBytes, buffer, at, length));
  return out;
}

/** The error for the element at `index` of a stored region; Fortran order stores the transpose. */
export function inexactAt(name: string, stored: Region, fortranOrder: boolean) {
  return (index: number, value: bigint) => {
    const row = stored.row + Math.floor(index / stored.cols);
    const col = stored.col + (index % stored.cols);
    return fortranOrder
      ? new InexactIntegerError(name, col, row, value)
      : new InexactIntegerError(name, row, col, value);
  };
}

function integers(kind: Descr['kind'], itemBytes: number, buffer: ArrayBufferLike, at: number, length: number) {
  if (itemBytes === 1) return kind === 'int' ? new Int8Array(buffer, at, length) : new Uint8Array(buffer, at, length);
  if (itemBytes === 2) return kind === 'int' ? new Int16Array(buffer, at, length) : new Uint16Array(buffer, at, length);
  return kind === 'int' ? new Int32Array(buffer, at, length) : new Uint32Array(buffer, at, length);
}

/** Halves of 64 bits instead of BigInt, which is made only to see whether a large value is exact. */
function longToFloat(words: Uint32Array, signed: boolean, out: Elements, inexact: (i: number, v: bigint) => Error) {
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i]!;
    const high = signed ? words[2 * i + 1]! | 0 : words[2 * i + 1]!;
    const value = high * 4294967296 + low;
    if (high >= 2097152 || high < -2097152) {
      const exact = (BigInt(high) << 32n) + BigInt(low);
      if (BigInt(value) !== exact) throw inexact(i, exact);
    }
    out[i] = value;
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. Every value is exact in float32. */
function halfToFloat(halves: Uint16Array, out: Elements) {
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    let value: number;
    if (exponent === 0) value = fraction * 2 ** -24;
    else if (exponent === 31) value = fraction === 0 ? Infinity : NaN;
    else value = (1024 + fraction) * 2 ** (exponent - 25);
    out[i] = half & 0x8000 ? -value : value;
  }
}

function swap(raw: Uint8Array, itemBytes: number): void {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  if (itemBytes === 2) bytes.swap16();
  else if (itemBytes === 4) bytes.swap32();
  else bytes.swap64();
}
