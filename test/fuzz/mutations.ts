import * as fc from 'fast-check';

/** Pieces that parsers stumble over, as bytes. */
const NASTY = [
  [0],
  [0xff],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
  ...[
    '9'.repeat(20),
    '-',
    '1e999',
    'NaN',
    '__proto__',
    '../',
    '..\\',
    '%00',
    '[[[[[[[[',
    '((((((((',
    '\r\n\r\n',
    '"',
    "'",
  ].map((text) => [...Buffer.from(text)]),
  [...Buffer.alloc(300, '(')],
  [...Buffer.alloc(5000, 'x')],
];

interface Edit {
  readonly how: 'put' | 'insert' | 'cut' | 'repeat' | 'end';
  readonly at: number;
  readonly length: number;
  readonly bytes: readonly number[];
}

const edit: fc.Arbitrary<Edit> = fc.record({
  how: fc.constantFrom('put', 'insert', 'cut', 'repeat', 'end'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 64 }),
  bytes: fc.oneof(fc.constantFrom(...NASTY), fc.array(fc.nat(255), { minLength: 1, maxLength: 4 })),
});

/** Bytes of something valid, or nearly: bytes changed, put in, cut out, repeated, and the end missing. */
export function mutatedBytes(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 5 }))
    .map(([sample, edits]) => edits.reduce(apply, Uint8Array.from(sample)));
}

/** The same for text, which then may hold anything that text can. */
export function mutatedText(samples: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: mutatedBytes(samples.map((text) => Buffer.from(text))).map(decoded) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  );
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function apply(bytes: Uint8Array<ArrayBuffer>, { how, at, length, bytes: put }: Edit): Uint8Array<ArrayBuffer> {
  const from = Math.floor(at * bytes.length);
  const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
  const [before, after] = [bytes.subarray(0, from), bytes.subarray(from)];
  switch (how) {
    case 'put':
      return join(before, Uint8Array.from(put), after.subarray(put.length));
    case 'insert':
      return join(before, Uint8Array.from(put), after);
    case 'cut':
      return join(before, after.subarray(length));
    case 'repeat':
      return join(before, after.subarray(0, length), after);
    case 'end':
      return join(before);
  }
}
