import type { ArrayContext } from '../array.ts';
import { EmptyFileError, WrongFormatError } from '../errors.ts';
import { formatOf, locate } from '../location.ts';
import { openText } from './bytes.ts';
import type { TextSource } from './bytes.ts';
import { detectStart } from './dialect.ts';
import { CsvScan } from './scan.ts';
import type { CsvBand, CsvFacts } from './scan.ts';

/** How a CSV text is written, and where its rows are. */
export interface CsvText {
  readonly url: string;
  /** `,` `;` a tab, or a space for runs of spaces and tabs. */
  readonly delimiter: string;
  readonly header: boolean;
  /** Has quotes around data, so it is read from its start by a full CSV parser: one band. */
  readonly quoted: boolean;
  /** Compressed, so it is read from its start: one band, whose offsets are those of the uncompressed text. */
  readonly gzip: boolean;
  /** Whole rows each, up to 4 MiB; between them lies nothing but line ends. */
  readonly bands: readonly CsvBand[];
}

export interface CsvInfo extends CsvText {
  readonly rows: number;
  readonly cols: number;
}

/** Text of one band: packages begin and end inside of bands, so small ones, but not so many that a job is long to tell. */
const LEAST_BAND = 256 << 10;
const MOST_BAND = 4 << 20;
const BANDS = 128;
/** Enough to see the delimiter. */
const SAMPLE_BYTES = 1 << 16;

/**
 * Reads a CSV text once, in constant memory, and checks all of it: the dialect, the shape and every cell.
 * - Delimiter `,` `;` tab or blanks; UTF-8 with or without a byte order mark; lines end in LF, CRLF or CR.
 * - Leading lines that start with `#`, and blank lines at the start and end, are skipped; one in between is an error.
 * - A first row without any number in it is a header.
 * - A cell is a decimal number, `nan`, `inf` or `infinity` in any case; an empty one is an error.
 * @throws RaggedRowError, NotANumberError (rows are lines counted from 1), EmptyFileError, WrongFormatError,
 *   MalformedCsvError, TruncatedFileError (a .gz cut short), and what opening the file throws.
 */
export async function inspectCsv(url: string, context: ArrayContext = {}, bandBytes?: number): Promise<CsvInfo> {
  const location = locate(url);
  const gzip = formatOf(location) === 'csv.gz';
  const source = await openText(url, gzip, context);
  try {
    if (source.size === 0) throw new EmptyFileError(source.name);
    if (gzip) await refuseUncompressed(source, context.signal);
    const { quoted, delimiter, facts } = await scanText(source, bandBytes ?? bandOf(source.size), context.signal);
    const { header, rows, cols } = facts;
    const bands = gzip || quoted ? [joined(facts.bands)] : facts.bands;
    return { url: location.url, delimiter, header, quoted, gzip, bands, rows, cols };
  } finally {
    await source.close();
  }
}

function bandOf(bytes: number): number {
  return Math.min(MOST_BAND, Math.max(LEAST_BAND, Math.ceil(bytes / BANDS)));
}

async function scanText(source: TextSource, bandBytes: number, signal?: AbortSignal) {
  let scan: CsvScan | undefined;
  let delimiter = ',';
  let sample = new Uint8Array(0);
  const begin = (sampled: Uint8Array): CsvScan => {
    const start = detectStart(sampled.subarray(0, SAMPLE_BYTES), source.name);
    delimiter = start.delimiter;
    const begun = new CsvScan(source.name, start, bandBytes);
    begun.push(sampled.subarray(start.offset));
    return begun;
  };
  for await (const bytes of source.pieces(signal)) {
    if (scan) scan.push(bytes);
    else {
      sample = sample.byteLength === 0 ? new Uint8Array(bytes) : new Uint8Array(Buffer.concat([sample, bytes]));
      if (sample.byteLength >= SAMPLE_BYTES) scan = begin(sample);
    }
    if (scan?.quoted) break;
  }
  if (sample.byteLength === 0) throw new EmptyFileError(source.name);
  scan ??= begin(sample);
  if (!scan.quoted) return { quoted: false, delimiter, facts: scan.end() };
  const { scanQuoted } = await import('./quoted.ts');
  return { quoted: true, delimiter, facts: await scanQuoted(source, delimiter, signal) };
}

async function refuseUncompressed(source: TextSource, signal?: AbortSignal): Promise<void> {
  const magic = await source.range(0, Math.min(2, source.size), signal);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return;
  throw new WrongFormatError(source.name, 'a gzip file', 'it is not compressed; its name should end in .csv');
}

function joined(bands: CsvFacts['bands']): CsvBand {
  const [first, last] = [bands[0]!, bands.at(-1)!];
  return { ...first, byteEnd: last.byteEnd, rows: last.firstRow + last.rows };
}
