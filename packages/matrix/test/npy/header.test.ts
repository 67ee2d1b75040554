import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MalformedHeaderError,
  MatrixError,
  TruncatedFileError,
  UnsupportedDtypeError,
  UnsupportedShapeError,
  WrongFormatError,
} from '../../src/index.ts';
import { formatHeader, headerLength, parseHeader } from '../../src/npy/header.ts';
import { parseLiteral } from '../../src/npy/literal.ts';
import type { Literal } from '../../src/npy/literal.ts';

/** An .npy header around any dictionary text. */
function header(dictionary: string, version: 1 | 2 | 3 = 1): Uint8Array {
  const text = Buffer.from(dictionary, version === 3 ? 'utf8' : 'latin1');
  const length = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([version, 0]), length, text]);
}

function parse(bytes: Uint8Array, fileBytes = bytes.byteLength + 1e9) {
  return parseHeader(bytes.subarray(0, headerLength(bytes.subarray(0, 12), fileBytes, 'x.npy')), fileBytes, 'x.npy');
}

const dictionary = (descr: string, shape: string, order = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('the .npy header', () => {
  it('reads back what it writes, with the elements at a multiple of 64 bytes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 24 }),
        fc.integer({ min: 1, max: 2 ** 24 }),
        fc.constantFrom('float64', 'float32'),
        (rows, cols, dtype) => {
          const bytes = formatHeader([rows, cols], dtype);
          expect(bytes.byteLength % 64).toBe(0);
          const parsed = parse(bytes, 2 ** 53);
          expect(parsed).toEqual({
            descr: { kind: 'float', itemBytes: dtype === 'float64' ? 8 : 4, bigEndian: false, dtype },
            fortranOrder: false,
            shape: [rows, cols],
            dataOffset: bytes.byteLength,
          });
        },
      ),
    );
  });

  it.each([1, 2, 3] as const)('reads version %i, any spacing and order of keys', (version) => {
    const text = `{ "shape" : ( 3 , 4L ) ,'fortran_order':True,'descr':'>i2'}   \n`;
    expect(parse(header(text, version))).toMatchObject({
      shape: [3, 4],
      fortranOrder: true,
      descr: { kind: 'int', itemBytes: 2, bigEndian: true },
    });
  });

  it('fails fast on a claim of a petabyte, and allocates nothing for it', () => {
    const bytes = header(dictionary("'<f8'", '(100000000, 1250000)').padEnd(190));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => parse(bytes, 200)).toThrow(new TruncatedFileError('x.npy', 1e15 + bytes.byteLength, 200));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  it('fails fast on a header that claims to be longer than any header, or than the file', () => {
    const bytes = header(dictionary("'<f8'", '(1, 1)'), 2);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, 0xfffffff0, true);
    expect(() => parse(bytes)).toThrow(MalformedHeaderError);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, 60_000, true);
    expect(() => parse(bytes, bytes.byteLength)).toThrow(TruncatedFileError);
  });

  it.each([
    ["'<c16'", 'complex (<c16)'],
    ["'|O'", 'object (|O)'],
    ["'<U5'", 'text (<U5)'],
    ["'|S3'", 'bytes (|S3)'],
    ["'<M8[ns]'", 'datetime (<M8[ns])'],
    ["'<f16'", 'long double (<f16)'],
    ["'|V8'", 'void (|V8)'],
    ["[('a', '<f8'), ('b', '<i4')]", 'structured'],
    ["'<i3'", '<i3'],
  ])('refuses elements of type %s by name', (descr, word) => {
    const failing = () => parse(header(dictionary(descr, '(2, 2)')));
    expect(failing).toThrow(UnsupportedDtypeError);
    expect(failing).toThrow(word);
  });

  it.each(['()', '(5,)', '(2, 2, 2)', '(0, 5)', '(5, 0)'])('refuses the shape %s', (shape) => {
    expect(() => parse(header(dictionary("'<f8'", shape)))).toThrow(UnsupportedShapeError);
  });

  it.each([
    '',
    '{',
    '[]',
    "'x'",
    "{'descr': '<f8'}",
    dictionary("'<f8'", '(2, -2)'),
    dictionary("'<f8'", '(2, 2.5)'),
    dictionary("'<f8'", "('2', 2)"),
    dictionary("'<f8'", '(2, 2)', '0'),
    dictionary("'<f8'", '(2, 2)', '__import__("os")'),
    dictionary("'<f8'", '(9007199254740993, 1)'),
    `${dictionary("'<f8'", '(2, 2)')}x`,
    '('.repeat(500),
    `{'descr': 1, 'a': 2, 'shape': 3}`,
    dictionary("'<f8'", '(2 2)'),
    `{1: 2}`,
    dictionary("'<f8", '(2, 2)'),
    dictionary("'<f8\\x00'", '(2, 2)'),
  ])('refuses the dictionary %j', (text) => {
    expect(() => parse(header(text))).toThrow(MalformedHeaderError);
  });

  it('refuses another magic and another version', () => {
    expect(() => parse(Buffer.from('PK\u0003\u0004 a zip archive'))).toThrow(WrongFormatError);
    const bytes = header(dictionary("'<f8'", '(1, 1)'));
    bytes[6] = 4;
    expect(() => parse(bytes)).toThrow('its version is 4.0, expected 1 to 3');
  });

  it('never fails with anything but its own errors, whatever the bytes', () => {
    const good = header(dictionary("'<f8'", '(3, 4)'));
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(good.length), (changes, cut) => {
        const bytes = Uint8Array.from(good);
        for (const { at, to } of changes) bytes[at] = to;
        const file = bytes.subarray(0, cut);
        try {
          parse(file, file.byteLength);
        } catch (error) {
          expect(error).toBeInstanceOf(MatrixError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('Python literals', () => {
  const write = (value: Literal): string => {
    if (value === null) return 'None';
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    if (Array.isArray(value)) return `(${value.map((item) => `${write(item)},`).join(' ')})`;
    return `{${Object.entries(value)
      .map(([key, item]) => `${write(key)}: ${write(item as Literal)}`)
      .join(', ')}}`;
  };
  it('are read as written', () => {
    const { tree } = fc.letrec<{ tree: Literal }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('tree'),
          { maxKeys: 3, noNullPrototype: true },
        ),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(parseLiteral(write(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
