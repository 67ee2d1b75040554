import type { Elements } from '../tile.ts';
import type { BandLayout } from './layout.ts';
import { csvModule, ENDED } from './module.ts';
import type { CsvModule } from './module.ts';
import { cellNumber } from './number.ts';
import { endOfCell, parseRows, skipLineEnds } from './parse-rows.ts';
import { endOfRow, endOfRows } from './row-ends.ts';

/** Text that is parsed at once: it and its numbers stay in the second-level cache. A longer row is taken whole. */
const PIECE = 1 << 16;
const NUMBERS = 1 << 13;
const LINE_FEED = 10;
const RETURN = 13;

/** `parseRows` by the WebAssembly module, or by itself where there is none: the same numbers, the same errors. */
export function parseRowsFast(
  bytes: Uint8Array,
  start: number,
  end: number,
  layout: BandLayout,
  out: Elements,
  at: number,
  maxRows: number,
): { rows: number; next: number } {
  const module = csvModule();
  if (!module) return parseRows(bytes, start, end, layout, out, at, maxRows);
  let next = start;
  let rows = 0;
  while (rows < maxRows && next < end) {
    const pieceEnd = endOfPiece(bytes, next, end);
    const inside = { ...layout, firstRow: layout.firstRow + rows };
    const piece = { bytes, start: next, end: pieceEnd };
    const target = at + rows * layout.cols;
    const parsed =
      parsePiece(module, piece, inside, out, target, maxRows - rows) ??
      // Something is wrong with a row: it is told here.
      parseRows(bytes, next, pieceEnd, inside, out, target, maxRows - rows);
    rows += parsed.rows;
    next = parsed.next;
  }
  // The line feed that belongs to the last carriage return.
  if (next < end && next > start && bytes[next - 1] === RETURN && bytes[next] === LINE_FEED) next++;
  return { rows, next };
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** `undefined` when a row is ragged or a cell is no number. */
function parsePiece(
  module: CsvModule,
  { bytes, start, end }: Piece,
  layout: BandLayout,
  out: Elements,
  at: number,
  maxRows: number,
): { rows: number; next: number } | undefined {
  const { cols } = layout;
  const delimiter = layout.delimiter.charCodeAt(0);
  const parse = out instanceof Float32Array ? module.parse32 : module.parse64;
  const rowsAtOnce = Math.max(1, Math.floor(NUMBERS / cols));
  module.reserve(end - start + 1, rowsAtOnce * cols * out.BYTES_PER_ELEMENT);
  const { text, numbers } = module;
  const textEnd = text + end - start;
  module.bytes.set(start === 0 && end === bytes.byteLength ? bytes : bytes.subarray(start, end), text);
  // The last row may lack its end.
  module.bytes[textEnd] = LINE_FEED;
  const parsed = viewLike(out, module.bytes.buffer, numbers, rowsAtOnce * cols);

  let rows = 0;
  let next = text;
  const copy = (count: number): number => {
    out.set(count === rowsAtOnce ? parsed : parsed.subarray(0, count * cols), at + rows * cols);
    return count;
  };
  while (rows < maxRows) {
    const most = Math.min(rowsAtOnce, maxRows - rows);
    let ended = 0;
    module.start(next, 0, numbers);
    let status = parse(textEnd + 1, delimiter, cols, most, false);
    for (ended += module.rows.value; status === ENDED.cell; ended += module.rows.value) {
      const offset = start + module.at.value - text;
      const column = module.column.value;
      const first = column > 0 ? offset : skipLineEnds(bytes, offset, end, delimiter);
      // Nothing but blank lines is left.
      if (first >= end && column === 0) return { rows: rows + copy(ended), next: end };
      let resumed = false;
      if (first === offset) {
        const cellEnd = endOfCell(bytes, first, end, delimiter);
        const value = cellNumber(Buffer.from(bytes.buffer, bytes.byteOffset + first, cellEnd - first).toString('utf8'));
        if (value === undefined) return undefined;
        parsed[(module.place.value - numbers) / out.BYTES_PER_ELEMENT] = value;
        module.start(text + cellEnd - start, column, module.place.value);
        resumed = true;
      } else module.start(text + first - start, 0, module.place.value);
      status = parse(textEnd + 1, delimiter, cols, most - ended, resumed);
    }
    if (status === ENDED.ragged) return undefined;
    rows += copy(ended);
    next = module.at.value;
  }
  return { rows, next: Math.min(end, start + next - text) };
}

function viewLike(out: Elements, buffer: ArrayBuffer, offset: number, length: number): Elements {
  return out instanceof Float32Array
    ? new Float32Array(buffer, offset, length)
    : new Float64Array(buffer, offset, length);
}

/** The end of the last row that ends at most a piece after `start`, or of the first one where that is longer. */
function endOfPiece(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= PIECE) return end;
  const inside = endOfRows(bytes, start, start + PIECE);
  return inside > start ? inside : endOfRow(bytes, start + PIECE - 1, end);
}
