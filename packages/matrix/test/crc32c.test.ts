import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32cTable, loadCrc32c } from '../src/crc32c.ts';

// RFC 3720, appendix B.4.
it.each([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['"123456789"', new TextEncoder().encode('123456789'), 0xe3069283],
])('agrees with the published checksum of %s', async (_, bytes, expected) => {
  expect(crc32cTable(bytes)).toBe(expected);
  expect((await loadCrc32c())(bytes)).toBe(expected);
});

it('is the same natively and from the table, at any length and offset', async () => {
  const native = await loadCrc32c();
  expect(native).not.toBe(crc32cTable);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(8), (bytes, skip) => {
      const view = bytes.subarray(skip);
      expect(crc32cTable(view)).toBe(native(view));
    }),
  );
});
