import { counted, formatSeconds } from './format.ts';
import type { PhaseProgress, Progress } from './progress.ts';
import { type Style, truncate } from './style.ts';

/** Widest bar: a longer one tells no more. */
const WIDEST_BAR = 40;
const NARROWEST_BAR = 6;
/** Below this width the bar matters more than the percentage beside it. */
const NARROW = 50;
/** As wide as the names of set-up steps, so that all of a run stands in columns. */
const LABEL_WIDTH = 12;

/**
 * The live part of a job, one or two lines a phase: what ended in one line with its time, what runs with a bar for
 * sending and one for receiving. No line is longer than the width.
 */
export function progressLines(progress: Progress, width: number, style: Style): string[] {
  const lines = progress.phases.flatMap((phase) => phaseLines(phase, width, style));
  return lines.map((line) => truncate(line, width));
}

function phaseLines(phase: PhaseProgress, width: number, style: Style): string[] {
  if (phase.state === 'waiting') return [];
  if (phase.state === 'done') return [doneLine(phase, style)];
  const narrow = width < NARROW;
  const label = narrow ? phase.phase.padEnd(9) : phase.phase.padEnd(LABEL_WIDTH);
  const line = (head: string, name: string, done: number) =>
    head + barLine(name, done, phase.packages, width - label.length - 2, style);
  return [
    line(`${style.accent(style.symbols.running)} ${style.bold(label)}`, 'sending', phase.sent),
    line(' '.repeat(label.length + 2), 'receiving', phase.received),
  ];
}

/** One line for a phase that ended. */
export function doneLine(phase: PhaseProgress, style: Style): string {
  const time = phase.seconds === undefined ? '' : formatSeconds(phase.seconds);
  const count = counted(phase.packages, 'package').padEnd(14);
  return `${style.good(style.symbols.done)} ${phase.phase.padEnd(LABEL_WIDTH)}${count}${style.dim(time)}`;
}

function barLine(label: string, done: number, all: number, room: number, style: Style): string {
  const count = `${String(done).padStart(String(all).length)}/${all}`;
  const share = all === 0 ? 1 : done / all;
  const percent = room < NARROW ? '' : `${String(Math.floor(100 * share)).padStart(3)}% `;
  // `receiving ` + bar + ` 100% 12/24`
  const free = room - 10 - 1 - percent.length - count.length;
  if (free < NARROWEST_BAR) return `${label.padEnd(10)}${count}`;
  return `${label.padEnd(10)}${bar(share, Math.min(free, WIDEST_BAR), style)} ${percent}${style.dim(count)}`;
}

/** A bar of `width` characters, filled to eighths of one. */
export function bar(share: number, width: number, style: Style): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const rest = style.symbols.partial[eighths % 8] ?? '';
  const empty = width - full - (rest === '' ? 0 : 1);
  return style.accent(style.symbols.full.repeat(full) + rest) + style.dim(style.symbols.empty.repeat(empty));
}
