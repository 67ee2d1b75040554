import type { Output } from '../world.ts';
import { truncate } from './style.ts';

/** Shows lines that stay and, below them, lines that change. */
export interface Painter {
  /** A line that stays. */
  print(line: string): void;
  /** The lines that change from now on, drawn soon. */
  live(lines: () => readonly string[]): void;
  /** Draws the changing lines a last time, as lines that stay, or drops them. */
  settle(keep: boolean): void;
}

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
const FRAME_MS = 50;

/**
 * Repaints the changing lines in place, at most every 50 ms. Lines are cut to the width, for a line that wraps can't
 * be counted and so can't be taken back. The cursor is hidden while there is something live and always shown again:
 * callers settle in every way that a run can end.
 */
export function terminalPainter(out: Output, every: Timer = nodeTimer): Painter {
  let drawn = 0;
  let lines: (() => readonly string[]) | undefined;
  let stop: (() => void) | undefined;

  // To the first column as well: what the terminal itself wrote, such as ^C, has moved the cursor.
  const clear = () => (drawn === 0 ? '' : `\r\u001B[${drawn}A\u001B[0J`);
  const body = () => (lines?.() ?? []).map((line) => `${truncate(line, Math.max(1, out.columns() - 1))}\n`);
  const draw = (before = '') => {
    const rows = body();
    // One write a frame, or the terminal may show half of one.
    out.write(clear() + before + rows.join(''));
    drawn = rows.length;
  };
  return {
    print(line) {
      if (lines === undefined) out.write(`${line}\n`);
      else draw(`${line}\n`);
    },
    live(next) {
      if (lines === undefined) out.write(HIDE_CURSOR);
      lines = next;
      stop ??= every(FRAME_MS, () => draw());
      draw();
    },
    settle(keep) {
      if (lines === undefined) return;
      stop?.();
      stop = undefined;
      if (keep) draw();
      else out.write(clear());
      out.write(SHOW_CURSOR);
      lines = undefined;
      drawn = 0;
    },
  };
}

/** For pipes and files: lines that stay, nothing that changes. */
export function linePainter(out: Output): Painter {
  return { print: (line) => out.write(`${line}\n`), live() {}, settle() {} };
}

/** Says nothing. */
export const silentPainter: Painter = { print() {}, live() {}, settle() {} };

type Timer = (ms: number, tick: () => void) => () => void;

const nodeTimer: Timer = (ms, tick) => {
  const timer = setInterval(tick, ms);
  timer.unref();
  return () => clearInterval(timer);
};
