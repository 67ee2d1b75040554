import { formatCsvBand, type Tile } from '@tessera/matrix';
import { planJob, type Plan } from '@tessera/master';
import {
  BUNDLE_VERSION,
  operations,
  PROTOCOL_VERSION,
  type CsvText,
  type DType,
  type JobSpec,
  type OperandSpec,
  type Shape,
} from '@tessera/protocol';
import type { Chance } from '../world/chance.ts';
import { drawCutting } from './cutting.ts';
import { givenTile } from './given.ts';

/** A job cut small: matrices of some ten rows and chunks of a few, so that a run has tens of packages and takes no time. */
export interface SmallJob {
  readonly job: JobSpec;
  readonly plan: Plan;
  /** Operands that are given rather than made, by array name. */
  readonly given: Readonly<Record<string, GivenOperand>>;
  /** Prefix of all that the job stores. */
  readonly prefix: string;
}

export interface GivenOperand {
  readonly tile: Tile;
  /** The chunks of an array, or a text. */
  readonly chunk?: Shape;
  readonly text?: { readonly key: string; readonly bytes: Uint8Array };
}

/** Draws a job: its operation, sizes, cuts, element type, where its operands come from, and how its tiles travel. */
export function drawJob(chance: Chance, jobId: string, seed: number, workers: number): SmallJob {
  const op = chance.pick(['add', 'subtract', 'multiply', 'multiply', 'multiply', 'gram'] as const);
  const dtype: DType = chance.happens(0.25) ? 'float32' : 'float64';
  const { transposes, scales, operands: reads } = operations[op];
  const [m, n, k] = [chance.whole(1, 14), chance.whole(1, 14), chance.whole(1, 14)];
  const shapes: Record<'A' | 'B', Shape> =
    op === 'multiply' ? { A: [m, k], B: [k, n] } : op === 'gram' ? { A: [k, m], B: [k, m] } : { A: [m, n], B: [m, n] };
  const C = operations[op].resultShape(shapes.A, shapes.B);
  const prefix = `w/${jobId}`;
  const workspace = `s3://fleet/${prefix}`;
  const nan = chance.happens(0.1);
  const given: Record<string, GivenOperand> = {};

  const operand = (name: string, number: number, shape: Shape, turned: boolean): OperandSpec => {
    const stored: Shape = turned ? [shape[1], shape[0]] : shape;
    const common = { shape, ...(turned ? { transposed: true } : {}) };
    const kind = nan || chance.happens(0.35) ? chance.pick(['array', 'csv'] as const) : 'random';
    if (kind === 'random') {
      const recipe = { seed: String(seed), operand: number, distribution: { kind: 'uniform' as const } };
      return { kind, ...common, recipe, url: `${workspace}/${name}.zarr` };
    }
    const tile = givenTile(stored, dtype, nan);
    if (kind === 'array') {
      const side = (size: number) => chance.whole(Math.ceil(size / 3), size);
      const chunk: Shape = [side(stored[0]), side(stored[1])];
      given[name] = { tile, chunk };
      return { kind, ...common, dtype, url: `${workspace}/${name}.zarr`, chunk };
    }
    const key = `${prefix}-given/${name}.csv`;
    const { csv, bytes } = textOf(tile, `s3://fleet/${key}`, chance);
    given[name] = { tile, text: { key, bytes } };
    return { kind, ...common, csv };
  };
  const turns = () => transposes && chance.happens(0.25);
  const A = operand('A', 0, shapes.A, turns());
  const B = reads.includes('B') ? operand('B', 1, shapes.B, turns()) : A;
  const addend = scales && chance.happens(0.3) ? operand('C0', 2, C, false) : undefined;
  const scalar = () => chance.pick([1, -1, 0.5, 3]);
  const job: JobSpec = {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId,
    cluster: 'default',
    op,
    operands: { A, B, ...(addend ? { C0: addend } : {}) },
    ...(scales && chance.happens(0.3) ? { alpha: scalar(), ...(addend ? { beta: scalar() } : {}) } : {}),
    dtype,
    kernel: 'loops',
    fleet: { workers, memoryBytes: 1 << 30, cores: 1 },
    workspace,
    output: { url: `${workspace}/C.zarr` },
    exports: chance.happens(0.2) ? ['C'] : [],
    verify: { rounds: chance.happens(0.15) ? 0 : chance.whole(1, 2) },
  };
  const plan = planJob(job, drawCutting(job, chance));
  const phases = plan.phases.map((phase) => (chance.happens(0.2) ? { ...phase, beside: false } : phase));
  return { job, plan: { ...plan, phases, inline: chance.happens(0.25) }, given, prefix };
}

/** A tile as a CSV text in bands of a few rows, with or without a header. */
function textOf(tile: Tile, url: string, chance: Chance): { csv: CsvText; bytes: Uint8Array } {
  const header = chance.happens(0.5);
  const pieces = header ? [new TextEncoder().encode(`${'x,'.repeat(tile.cols - 1)}x\n`)] : [];
  let at = pieces[0]?.byteLength ?? 0;
  const bands: CsvText['bands'] = [];
  for (let row = 0; row < tile.rows;) {
    const rows = Math.min(chance.whole(1, 4), tile.rows - row);
    const data = tile.data.subarray(row * tile.cols, (row + rows) * tile.cols);
    const text = formatCsvBand({ ...tile, rows, data });
    pieces.push(text);
    bands.push({ byteStart: at, byteEnd: at + text.byteLength, firstRow: row, rows });
    at += text.byteLength;
    row += rows;
  }
  return {
    csv: { url, delimiter: ',', header, quoted: false, gzip: false, bands },
    bytes: new Uint8Array(Buffer.concat(pieces)),
  };
}
