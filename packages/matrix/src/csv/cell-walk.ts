import { csvModule, ENDED } from './module.ts';
import type { CsvModule } from './module.ts';

/** What a walk over plain cells came to: offsets are in the piece of text. */
export interface Walked {
  /** The first cell that wasn't passed, and the cells before it in its row. */
  readonly next: number;
  readonly cells: number;
  readonly rows: number;
  /** The first byte after the last of these rows. */
  readonly rowsEnd: number;
}

/** Bytes that a `CellWalk` takes at once: as much as stays in the second-level cache. */
export const WALK_BYTES = 1 << 16;

/**
 * Passes over cells that are plain numbers as fast as it can, by the WebAssembly module. What it stops at may be
 * perfectly right: an unusual number, a blank line, a cell that goes on in the next piece.
 */
export class CellWalk {
  readonly #module: CsvModule;
  readonly #delimiter: number;
  #end = 0;

  private constructor(module: CsvModule, delimiter: string) {
    this.#module = module;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** `undefined` where there is no WebAssembly SIMD. */
  static make(delimiter: string): CellWalk | undefined {
    const module = csvModule();
    return module && new CellWalk(module, delimiter);
  }

  /** Another module user may come between two pushes, so a piece is loaded and walked in one go. */
  load(piece: Uint8Array): void {
    const module = this.#module;
    module.reserve(WALK_BYTES, 0);
    module.bytes.set(piece, module.text);
    this.#end = module.text + piece.byteLength;
    // What an earlier piece left must not look like the rest of a cell.
    module.bytes.fill(0, this.#end, this.#end + 16);
  }

  /** From cell `cells` of a row, at `from`, to the first cell that isn't plain, or the first row that ends past `until`. */
  walk(from: number, cells: number, columns: number, until: number): Walked {
    const module = this.#module;
    const { text } = module;
    module.start(text + from, cells, 0);
    const status = module.check(this.#end, Math.min(this.#end, text + until), this.#delimiter, columns);
    return {
      next: module.at.value - text,
      cells: status === ENDED.done ? 0 : module.column.value,
      rows: module.rows.value,
      rowsEnd: module.rowsEnd.value - text,
    };
  }
}
