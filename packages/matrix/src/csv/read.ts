import type { ArrayContext } from '../array.ts';
import { TruncatedFileError } from '../errors.ts';
import { scratchTile } from '../tile.ts';
import type { DType, Tile } from '../tile.ts';
import { openText } from './bytes.ts';
import type { TextSource } from './bytes.ts';
import type { CsvText } from './inspect.ts';
import { inPieces } from './in-pieces.ts';
import { BandParser } from './band.ts';
import { parseRowsFast } from './fast-rows.ts';
import { endOfRows } from './row-ends.ts';

/** Which rows of a text to read: `rows` of them after the first `skipRows` of the bytes `start` .. `end`. */
export interface CsvPart {
  /** Bands' offsets: from one's `byteStart` to one's `byteEnd`. */
  readonly bytes: { readonly start: number; readonly end: number };
  /** The matrix's row that is first in the bytes. */
  readonly firstRow: number;
  readonly skipRows: number;
  readonly rows: number;
  readonly cols: number;
  readonly dtype: DType;
}

/**
 * Reads rows of a plain, uncompressed text, whatever else is being read of it elsewhere.
 * @throws NotANumberError, RaggedRowError, TruncatedFileError where the text changed since it was inspected.
 */
export async function readCsvPart(text: CsvText, part: CsvPart, context: ArrayContext = {}): Promise<Tile> {
  const source = await openText(text.url, false, context);
  try {
    const { start, end } = part.bytes;
    const tile = scratchTile(part.dtype, part.rows, part.cols);
    const parser = new BandParser(layoutOf(text, source, part), tile.data);
    await inPieces(
      source.bytes,
      source.name,
      [start, end],
      (bytes, from, to, last) => {
        const next = parser.take(bytes, from, to, last);
        return parser.full ? undefined : next;
      },
      context.signal,
    );
    parser.end();
    return tile;
  } finally {
    await source.close();
  }
}

/**
 * Reads the rows of any text from its start, as tiles of `rowsPerTile` rows (fewer in the last), with no more than a
 * tile and a piece of text in memory.
 */
export async function* streamCsv(
  text: CsvText,
  { cols, dtype, rowsPerTile }: { cols: number; dtype: DType; rowsPerTile: number },
  context: ArrayContext = {},
): AsyncGenerator<Tile> {
  const source = await openText(text.url, text.gzip, context);
  const rows = text.bands.reduce((sum, band) => sum + band.rows, 0);
  try {
    let left = rows;
    let tile: Tile | undefined;
    let filled = 0;
    const fill = text.quoted ? quotedFill(text, source, context) : plainFill(text, source, cols, context);
    try {
      while (left > 0) {
        tile ??= scratchTile(dtype, Math.min(rowsPerTile, left), cols);
        const count = await fill(tile, filled);
        if (count === 0) throw new TruncatedFileError(source.name, rows, rows - left + filled);
        filled += count;
        if (filled < tile.rows) continue;
        yield tile;
        left -= filled;
        filled = 0;
        tile = undefined;
      }
    } finally {
      await fill.close();
    }
  } finally {
    await source.close();
  }
}

/** Puts rows into a tile from row `filled`; returns how many, 0 at the text's end. */
interface Fill {
  (tile: Tile, filled: number): Promise<number>;
  close(): Promise<void>;
}

function plainFill(text: CsvText, source: TextSource, cols: number, context: ArrayContext): Fill {
  const stream = source.stream(text.bands[0]!.byteStart, context.signal)[Symbol.asyncIterator]();
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  let rowsBefore = 0;
  let ended = false;
  const fill = async (tile: Tile, filled: number): Promise<number> => {
    for (;;) {
      const whole = ended ? bytes.byteLength : endOfRows(bytes, at, bytes.byteLength);
      const layout = { ...layoutOf(text, source, { firstRow: rowsBefore, cols }), skipRows: 0 };
      const { rows, next } = parseRowsFast(bytes, at, whole, layout, tile.data, filled * cols, tile.rows - filled);
      at = next;
      rowsBefore += rows;
      if (rows > 0 || ended) return rows;
      const { value, done } = await stream.next();
      ended = done === true;
      if (value) bytes = new Uint8Array(Buffer.concat([bytes.subarray(at), value]));
      else bytes = bytes.subarray(at);
      at = 0;
    }
  };
  return Object.assign(fill, { close: async () => void (await stream.return?.()) });
}

function quotedFill(text: CsvText, source: TextSource, context: ArrayContext): Fill {
  const started = import('./quoted.ts').then(({ checkedRows }) =>
    checkedRows(source, text.delimiter, context.signal)[Symbol.asyncIterator](),
  );
  const fill = async (tile: Tile, filled: number): Promise<number> => {
    const rows = await started;
    for (let count = 0; ;) {
      const { value, done } = await rows.next();
      if (done) return count;
      if (value.record.header) continue;
      if (value.numbers.length !== tile.cols) {
        throw new TruncatedFileError(source.name, tile.cols, value.numbers.length);
      }
      tile.data.set(value.numbers, (filled + count) * tile.cols);
      if (++count === tile.rows - filled) return count;
    }
  };
  return Object.assign(fill, { close: async () => void (await (await started).return?.(undefined)) });
}

function layoutOf(text: CsvText, source: TextSource, part: { firstRow: number; skipRows?: number; cols: number }) {
  return {
    delimiter: text.delimiter,
    cols: part.cols,
    firstRow: part.firstRow,
    skipRows: part.skipRows ?? 0,
    name: source.name,
    linesBefore: text.header ? 1 : 0,
  };
}
