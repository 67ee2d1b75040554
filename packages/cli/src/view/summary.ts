import { formatShape, type Report } from '@tessera/protocol';
import type { Outcome } from '../job/outcome.ts';
import { checkText, formulaText, lettersOf } from '../formula.ts';
import { entriesOf, mapOperands } from '../job/request.ts';
import { spoken } from '../operations.ts';
import { counted, formatBytes, formatSeconds, threeDigits } from './format.ts';
import { type Style, visibleLength } from './style.ts';
import { wrapWords } from './wrap.ts';

/** What the summary shows beyond the outcome. */
export interface SummaryFacts {
  readonly kernel: Report['kernel'];
  /** The kernel that was asked for. */
  readonly asked?: string | undefined;
  /** What to do next. */
  readonly hint: string | undefined;
  /** What passed before the program's own code ran: almost nothing, unless it had to be built. */
  readonly buildSeconds: number;
}

/** Below this, what passed before the program is its start and no build. */
const LEAST_BUILD_SECONDS = 1;

/** The end of a job for people: what was computed, whether it is right, what it took and where it is. */
export function summaryLines(
  outcome: Outcome,
  { kernel, asked, hint, buildSeconds }: SummaryFacts,
  width: number,
  style: Style,
): string[] {
  const { outputs, packages, workers, retries, bytes } = outcome;
  const again = retries === 0 ? '' : `, ${counted(retries, 'package')} sent again`;
  const before = outcome.kept === undefined ? '' : `, ${counted(outcome.kept, 'package')} done before`;
  const rows: (readonly [string, string])[] = [
    ['time', timeText(outcome, buildSeconds, style)],
    ['packages', `${packages} on ${counted(workers, 'worker')}${again}${before}`],
    ...(kernel === null ? [] : [['kernel', kernelText(kernel, asked)] as const]),
    ['moved', `${formatBytes(bytes.read)} read, ${formatBytes(bytes.written)} written`],
    ...memoryRow(outcome),
    ...(outcome.seed === null ? [] : [['seed', `${outcome.seed}`] as const]),
    ...entriesOf(outputs),
    ['C', style.bold(outputs.C)],
    ...(outcome.certificate === undefined ? [] : [['proof', outcome.certificate] as const]),
  ];
  return [
    '',
    ...wrapped(titleText(outcome), 0, width).map(style.bold),
    ...wrapped(`${verdict(outcome, style)}`, 2, width),
    ...rows.flatMap(([label, value]) => row(label, value, width, style)),
    ...(hint === undefined ? [] : ['', ...wrapped(hint, 0, width).map(style.dim)]),
  ];
}

function titleText(outcome: Outcome): string {
  const { shapes, dtype } = outcome;
  const letters = formulaText(outcome, lettersOf(shapes));
  return `C = ${letters}: ${formulaText(outcome, mapOperands(shapes, formatShape))} = ${formatShape(shapes.C)}, ${dtype}`;
}

/** Verification in words. */
function verdict(outcome: Outcome, style: Style): string {
  const { verified, op, shapes } = outcome;
  const { method, rounds } = verified;
  if (method === 'off') return `not verified (--verify off)`;
  const how = {
    exact: spoken[op].exactly,
    freivalds: `${checkText(outcome, lettersOf(shapes))} for ${counted(rounds, 'random vector')}, within rounding`,
    recompute: 'computed a second time, the same within rounding',
  }[method];
  return `${style.good(`${style.symbols.done} verified`)}: ${how}`;
}

/** The parts make up the whole. */
function timeText({ seconds, kept: before }: Outcome, buildSeconds: number, style: Style): string {
  const total = style.bold(formatSeconds(seconds.total));
  // Its master had ended before, on a fleet that stayed, so its time is no part of this run's.
  if (before !== undefined && seconds.compute + seconds.verify > seconds.total) {
    return `${total} (the job itself had ended before: compute ${formatSeconds(seconds.compute)}, verify ${formatSeconds(seconds.verify)})`;
  }
  const built = buildSeconds < LEAST_BUILD_SECONDS ? 0 : buildSeconds;
  const parts = [
    ...(built === 0 ? [] : [['build', built] as const]),
    ['start', seconds.start - built],
    ['set-up', seconds.provision],
    ['plan', seconds.plan],
    ['compute', seconds.compute],
    ['verify', seconds.verify],
    ['finish', seconds.finish],
  ] as const;
  const inside = ` with send ${kept(formatSeconds(seconds.send))} and collect ${kept(formatSeconds(seconds.collect))}`;
  const text = parts
    .map(([name, value]) => `${name} ${kept(formatSeconds(value))}${name === 'compute' ? inside : ''}`)
    .join(', ');
  return `${total} (${text})`;
}

/** A number and its unit on one line. */
function kept(text: string): string {
  return text.replaceAll(' ', '\u00A0');
}

/** A kernel that can't be had gives way to another, which must not go unnoticed. */
function kernelText({ name, detail, rate, unit }: NonNullable<Report['kernel']>, asked: string | undefined): string {
  const speed = rate < 0.01 ? 'under 0.01' : threeDigits(rate);
  // Sums are added by a plain loop at memory speed, whatever kernel multiplies.
  const given = asked === undefined || asked === 'auto' || asked === name || unit !== 'GFLOPS';
  const instead = given ? '' : `; ${asked} can't be had here, \`doctor\` says why`;
  return `${name}, ${speed} ${unit}${detail === '' ? '' : ` (${detail})`}${instead}`;
}

/** The largest sizes of the job's processes. */
function memoryRow({ memory }: Outcome): (readonly [string, string])[] {
  const peaks = Object.values(memory?.workerPeakBytes ?? {});
  if (memory === undefined || peaks.length === 0) return [];
  const mib = (bytes: number) => kept(`${Math.ceil(bytes / 2 ** 20)} MiB`);
  const { budgetBytes, plannedBytes, masterPeakBytes } = memory;
  const master = masterPeakBytes === undefined ? '' : `, ${mib(masterPeakBytes)} in the master`;
  return [
    [
      'memory',
      `at most ${mib(Math.max(...peaks))} in a worker (${mib(plannedBytes)} planned, ${mib(budgetBytes)} allowed)${master}`,
    ],
  ];
}

const LABEL_WIDTH = 11;

function row(label: string, value: string, width: number, style: Style): string[] {
  const indent = width < 60 ? 4 : LABEL_WIDTH;
  const head = `  ${style.dim(label)}`;
  // A path is never broken: it is there to be copied.
  const lines = value.includes('/') && !value.includes(' (') ? [value] : wrapWords(value, width - indent);
  const first = `${head}${' '.repeat(Math.max(1, LABEL_WIDTH - 2 - label.length))}${lines[0]}`;
  if (visibleLength(first) <= width || width >= 60) {
    return [first, ...lines.slice(1).map((line) => ' '.repeat(indent) + line)];
  }
  return [head, ...lines.map((line) => ' '.repeat(indent) + line)];
}

function wrapped(text: string, indent: number, width: number): string[] {
  return wrapWords(text, width - indent).map((line) => ' '.repeat(indent) + line);
}
