import { WrongFormatError } from '../errors.ts';

/** What the first bytes of a text tell. */
export interface Start {
  /** `,` `;` a tab, or a space for runs of spaces and tabs. */
  readonly delimiter: string;
  /** Where the first row (a header, perhaps) starts, after a byte order mark, comments and blank lines. */
  readonly offset: number;
  /** Lines before that row. */
  readonly lines: number;
}

/** A semicolon or a tab is never part of a number; a comma may separate decimals, a space may follow a comma. */
const DELIMITERS = [';', '\t', ',', ' '];

/**
 * Finds the delimiter and the first row from a sample of the text's start (64 KiB are plenty). Leading lines that start
 * with `#`, as numpy.savetxt writes headers, are comments.
 * @throws WrongFormatError for what is plainly no text.
 */
export function detectStart(sample: Uint8Array, name: string): Start {
  refuseBinary(sample, name);
  let offset = sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf ? 3 : 0;
  let lines = 0;
  const text = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength).toString('latin1');
  const line = /[^\r\n]*(?:\r\n|\r|\n|$)/y;
  for (line.lastIndex = offset; offset < text.length; offset = line.lastIndex, lines++) {
    const [content] = line.exec(text)!;
    if (content.trim() !== '' && !content.startsWith('#')) break;
  }
  const [first = '', second = ''] = text
    .slice(offset)
    .split(/\r\n|\r|\n/)
    .filter((row) => row.trim() !== '')
    .map((row) => row.trim().replaceAll(/"[^"]*"?/g, ''));
  // In both rows if any is; else in the second, since names in a header may hold anything.
  const inSecond = DELIMITERS.filter((delimiter) => second.includes(delimiter));
  const inFirst = DELIMITERS.filter((delimiter) => first.includes(delimiter));
  const found = [...inSecond.filter((delimiter) => inFirst.includes(delimiter)), ...inSecond, ...inFirst];
  return { delimiter: found[0] ?? ',', offset, lines };
}

function refuseBinary(sample: Uint8Array, name: string): void {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => sample[i] === byte);
  if (starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) throw new WrongFormatError(name, 'CSV text', 'it is an .npy file');
  if (starts(0x1f, 0x8b))
    throw new WrongFormatError(name, 'CSV text', 'it is compressed; its name should end in .csv.gz');
  if (starts(0x50, 0x4b, 3, 4)) throw new WrongFormatError(name, 'CSV text', 'it is a zip archive or spreadsheet');
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) {
    throw new WrongFormatError(name, 'UTF-8 text', 'it is UTF-16; save it as UTF-8');
  }
  if (sample.includes(0)) throw new WrongFormatError(name, 'CSV text', 'it holds binary data');
}
