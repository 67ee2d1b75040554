import { formatShape } from '@tessera/protocol';
import type { Plan } from './plan.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A plan as people read it: what is stored, phase by phase what is done and moved, and how that compares with the bound. */
export function formatPlan(plan: Plan): string {
  const { figures } = plan;
  const arrays = Object.entries(plan.arrays).filter(([name]) => !/^P[1-9]/.test(name));
  const rows = [
    ['phase', 'packages', 'read', 'written', 'seconds'],
    ...plan.phases.map(({ phase, packages, cost }) => [
      phase,
      String(packages),
      bytes(cost?.bytesRead ?? 0),
      bytes(cost?.bytesWritten ?? 0),
      seconds(cost?.seconds ?? 0),
    ]),
    ['all', String(figures.packages), bytes(figures.bytesRead), bytes(figures.bytesWritten), seconds(figures.seconds)],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  return [
    plan.summary,
    ...arrays.map(
      ([name, { shape, dtype, chunk }]) => `${name}: ${formatShape(shape)} ${dtype} in chunks of ${formatShape(chunk)}`,
    ),
    '',
    ...rows.map(line),
    '',
    `a worker needs up to ${Math.ceil(figures.peakWorkerBytes / 1024 / 1024)} MiB`,
    `the result moves ${bytes(figures.movedBytes)}, ${figures.ratio.toFixed(2)} times the lower bound of ` +
      `${bytes(figures.lowerBoundBytes)} (${BOUNDS[figures.bound]})${figures.reason === undefined ? '' : `: ${figures.reason}`}`,
  ].join('\n');
}

const BOUNDS = {
  compulsory: 'operands in, result out',
  memory: "for the workers' memory",
  parallel: 'for so many workers that share the work',
} as const;

function bytes(count: number): string {
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toPrecision(3)} ${UNITS[unit]}`;
}

function seconds(value: number): string {
  return value < 10 ? value.toFixed(2) : String(Math.round(value));
}
