/** CRC-32C (Castagnoli), as in RFC 3720 appendix B.4 and the Zarr v3 `crc32c` codec. */
export type Crc32c = (bytes: Uint8Array, seed?: number) => number;

let loaded: Promise<Crc32c> | undefined;

/**
 * The fastest CRC-32C there is here: the native one of `@node-rs/crc32`, or the table below where its binary is
 * missing (a bundle carries no native files). Both return the same unsigned 32-bit number.
 */
export function loadCrc32c(): Promise<Crc32c> {
  loaded ??= import('@node-rs/crc32').then(
    (native): Crc32c => native.crc32c ?? native.default.crc32c,
    () => crc32cTable,
  );
  return loaded;
}

let tables: Int32Array[] | undefined;

/** Slicing-by-8 in plain TypeScript: eight tables, eight bytes a step (Kounavis and Berry, 2005). */
export function crc32cTable(bytes: Uint8Array, seed = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = (tables ??= makeTables()) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  let crc = ~seed;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Int32Array[] {
  const made = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    made[0]![n] = crc;
  }
  for (let n = 0; n < 256; n++) {
    for (let k = 1; k < 8; k++) {
      const previous = made[k - 1]![n]!;
      made[k]![n] = made[0]![previous & 255]! ^ (previous >>> 8);
    }
  }
  return made;
}
