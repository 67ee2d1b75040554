import { chunkRegion, copyRegion, allocateTile, bytesOf, formatCsvBand, gridOf, type Tile } from '@tessera/matrix';
import { jobKey, jobQueueName, resultQueueName, type ProgressEvent, type Report } from '@tessera/protocol';
import { outputsOf } from '../../../packages/master/src/run/package-pieces.ts';
import { bucketKey } from '../world/bucket-key.ts';
import { INJECTED_TAGS } from '../world/faults.ts';
import type { ObjectsWatch, SimObjects } from '../world/objects.ts';
import type { SimProcess, World } from '../world/process.ts';
import type { QueueWatch } from '../world/queues.ts';
import type { SmallJob } from './small-job.ts';

/** What must hold while a job runs and when it has ended, whatever went wrong around it and whoever else is at work. */
export class JobChecks implements QueueWatch, ObjectsWatch {
  readonly violations: string[] = [];
  badOperand = false;
  wasCancelled = false;
  readonly #small: SmallJob;
  readonly #world: World;
  readonly #objects: () => SimObjects;
  /** Packages (with attempt) that a result was sent for, and results' text as sent. */
  readonly #answered = new Set<string>();
  /** For each worker and package (with attempt), the body that it received last; and checks made by computing again. */
  readonly #given = new Map<string, string>();
  #recomputed = 0;
  #master: SimProcess | undefined;
  /** Chunks that were whole when the present master started, if an earlier one had begun. */
  #wholeAtStart = new Set<string>();
  /** Answers that the present master told of, by phase. */
  readonly #received = new Map<string, number>();
  #reports: Report[] = [];

  constructor(small: SmallJob, world: World, objects: () => SimObjects) {
    this.#small = small;
    this.#world = world;
    this.#objects = objects;
  }

  fail(what: string): void {
    this.#world.trace?.(this.#world.time.now, 'CHECK', what);
    if (this.violations.length < 10) this.violations.push(`${this.#small.job.jobId}: ${what}`);
  }

  masterStarted(process: SimProcess): void {
    const again = this.#master !== undefined;
    this.#master = process;
    this.#received.clear();
    this.#wholeAtStart = new Set();
    if (!again) return;
    for (const key of this.#objects().keys(`${this.#small.prefix}/`)) {
      const value = this.#objects().stored.get(key)!;
      if (key.includes('/c/') && value.damagedAt === -Infinity) this.#wholeAtStart.add(key);
    }
  }

  /** A master that was started again sends no package whose output was there, unless it was damaged meanwhile. */
  sent(queue: string, body: string, by: string): void {
    const { job } = this.#small;
    if (queue === resultQueueName(job.jobId)) {
      const { packageId, attempt } = JSON.parse(body) as { packageId: string; attempt: number };
      this.#answered.add(`${packageId}/${attempt}`);
      const done = body.includes('"status":"done"');
      if (done && this.#given.get(`${by} ${packageId}/${attempt}`)?.includes('"step":"recompute"')) this.#recomputed++;
      return;
    }
    if (queue !== jobQueueName('default') || by !== this.#master?.id) return;
    const message = JSON.parse(body) as { packageId: string; kind: string };
    const outputs = this.#outputKeys(message.packageId);
    if (outputs.length === 0) return;
    if (outputs.every((key) => this.#wholeAtStart.has(key)))
      this.fail(`${by} sent ${message.packageId}, whose output was stored before it started`);
  }

  received(queue: string, body: string, by: string): void {
    if (queue !== jobQueueName('default') || !body.includes('"packageId"')) return;
    const { packageId, attempt, jobId } = JSON.parse(body) as { packageId: string; attempt: number; jobId: string };
    if (jobId !== this.#small.job.jobId) return;
    this.#given.set(`${by} ${packageId}/${attempt}`, body);
  }

  /** Nothing is forgotten before it is answered. */
  deleted(queue: string, body: string | undefined, by: string): void {
    if (body === undefined || queue !== jobQueueName('default')) return;
    const { packageId, attempt, jobId, replyTo } = JSON.parse(body) as Record<string, string>;
    if (this.#answered.has(`${packageId}/${attempt}`) || jobId !== this.#small.job.jobId) return;
    if (this.#reports.length > 0 && replyTo === resultQueueName(jobId)) return;
    this.fail(`${by} deleted ${packageId}/${attempt} before it answered`);
  }

  /** The same key always gets the same bytes, the report's too. */
  written(key: string, bytes: Uint8Array, before: Uint8Array | undefined, by: SimProcess): void {
    const { job, prefix } = this.#small;
    if (!before || !(key.startsWith(`${prefix}/`) || key === `fleet/${jobKey(job.jobId, 'report')}`)) return;
    if (!equal(bytes, before)) this.fail(`${by.id} stored other bytes in ${key} than it held`);
  }

  /** What was damaged since a master started, or looked so, may be made again. */
  damaged(key: string): void {
    this.#wholeAtStart.delete(key);
  }

  emitted(event: ProgressEvent, by: SimProcess): void {
    if (by !== this.#master || !by.alive) return;
    if (event.event === 'phase:started') this.#received.delete(event.phase);
    if (event.event !== 'packages:received') return;
    if (event.received > event.packages) this.fail(`${event.phase}: ${event.received} of ${event.packages} received`);
    const before = this.#received.get(event.phase) ?? 0;
    if (event.received < before) this.fail(`${event.phase}: received went back to ${event.received}`);
    this.#received.set(event.phase, event.received);
  }

  reported(report: Report, by: SimProcess): void {
    if (!by.alive) return;
    this.#reports.push(report);
    if (report.status === 'done' && report.verified.method === 'recompute' && this.#recomputed === 0) {
      this.fail('the report says that the product was computed again, and nobody had done so');
    }
  }

  /** @param reference what C must be where the job was done */
  ended(report: Report, reference: Tile, dead: readonly string[]): void {
    this.#counts(report);
    if (report.status === 'done') {
      this.#sameBits(reference, report);
      this.#sameText(reference);
    } else if (report.status === 'failed') this.excused(report, dead);
    else if (!this.wasCancelled) this.fail('nobody cancelled the job');
  }

  /** One master counts each package once, whatever arrives how often. */
  #counts(report: Report): void {
    const sum = Object.values(report.byWorker).reduce((total, { packages }) => total + packages, 0);
    if (sum !== report.packages) this.fail(`${report.packages} packages, but workers' shares add up to ${sum}`);
    const { phases } = this.#small.plan;
    const planned = phases.reduce((total, { packages }) => total + packages, 0);
    const recomputed = report.verified.method === 'recompute' ? 1 : 0;
    const most = planned + recomputed;
    if (report.packages > most) this.fail(`${report.packages} packages counted, ${most} planned`);
    const whole = this.#master!.id.endsWith('/1') && report.status === 'done';
    if (whole && report.packages < most) this.fail(`only ${report.packages} of ${most} packages were counted`);
    const answers = [...this.#answered].length;
    if (whole && answers === 0) this.fail('a job was done without an answer');
  }

  #sameBits(reference: Tile, report: Report): void {
    const { job, plan, prefix } = this.#small;
    if (this.badOperand) this.fail('a corrupt operand went unnoticed');
    if (job.verify.rounds > 0 && !report.verified.ok) this.fail('the report says done, but not verified');
    const { shape, chunk, dtype } = plan.arrays['C']!;
    const grid = gridOf(shape, chunk);
    for (let r = 0; r < grid[0]; r++) {
      for (let c = 0; c < grid[1]; c++) {
        const key = `${prefix}/C.zarr/c/${r}/${c}`;
        const value = this.#objects().stored.get(key);
        if (!value) {
          this.fail(`${key} was never stored`);
          continue;
        }
        const region = chunkRegion(shape, chunk, r, c);
        const whole = allocateTile(dtype, chunk[0], chunk[1]);
        copyRegion(reference, region, whole, { row: 0, col: 0 });
        const expected = bytesOf(whole.data);
        if (!equal(value.written.subarray(0, expected.byteLength), expected)) this.fail(`${key} has wrong bits`);
        // Damage after the last look is beyond any job; damage before it must have been healed.
        if (value.damagedAt > -Infinity && job.verify.rounds > 0 && value.readWholeAt === -Infinity) {
          this.fail(`${key} was damaged and nobody noticed`);
        }
      }
    }
  }

  /** The parts of C as text, one after another, are C as text. */
  #sameText(reference: Tile): void {
    const { job, prefix } = this.#small;
    if (!job.exports.includes('C')) return;
    const keys = this.#objects().keys(`${prefix}/C.csv/`).sort();
    const parts = keys.map((key) => this.#objects().stored.get(key)!.bytes);
    if (!equal(new Uint8Array(Buffer.concat(parts)), formatCsvBand(reference))) this.fail('C.csv is not C');
  }

  /** A job may fail only for what was done to it, and says which package failed of what. */
  excused(report: Report, dead: readonly string[]): void {
    const { tag, message, packageId } = report.error ?? { tag: 'none', message: '' };
    const { counts } = this.#world.counts;
    const why = `${tag}: ${message}`;
    this.#namesKiller(message);
    if (tag === 'PackageFailedError') {
      if (packageId === undefined) this.fail(`no package named: ${why}`);
      const reason = /\((\w+)\)$/.exec(message)?.[1] ?? '';
      if (INJECTED_TAGS.includes(reason)) return;
      const damaged = (counts.bitFlip ?? 0) + (counts.readFlip ?? 0) + (counts.vanished ?? 0);
      if (reason === 'CorruptTileError' && (this.badOperand || damaged >= 5)) return;
      if (reason === 'MissingTileError' && damaged >= 5) return;
      if (reason === 'PoisonPackageError' && (counts.poison ?? 0) + (counts.workerCrash ?? 0) >= 4) return;
    }
    if ((tag === 'NoAnswerError' || tag === 'NoWorkerError') && counts.fleetLost) return;
    if (tag === 'NoAnswerError' && dead.some((body) => body.includes(`"${packageId}"`))) return;
    if (tag === 'PackageUnsettledError' && packageId !== undefined && counts.fullDisk) return;
    this.fail(`the job failed without a good reason: ${why}`);
  }

  /** Where workers die of one package and of nothing else, that is among those that are named. */
  #namesKiller(message: string): void {
    const { poison } = this.#objects();
    const { rates } = this.#world.faults;
    if (!message.endsWith('(PoisonPackageError)') || !poison?.startsWith(`${this.#small.prefix}/`)) return;
    if (Object.values(rates).some((rate) => rate > 0)) return;
    const named = message.match(/[a-z]+-\d+/g) ?? [];
    if (!named.some((id) => this.#outputKeys(id).includes(poison))) this.fail(`not the package that kills: ${message}`);
  }

  #outputKeys(packageId: string): string[] {
    const [phase, number] = packageId.split('-');
    const plan = this.#small.plan.phases.find((entry) => entry.phase === phase);
    const index = Number(number);
    if (!plan || index >= plan.packages) return [];
    const body = plan.at(index);
    if (body.kind === 'verify') return [];
    return outputsOf(body).flatMap((sink) => {
      const { chunk, url } = this.#small.plan.arrays[sink.array]!;
      const keys: string[] = [];
      for (let row = sink.row; row < sink.row + sink.rows; row += chunk[0]) {
        for (let col = sink.col; col < sink.col + sink.cols; col += chunk[1]) {
          keys.push(`${bucketKey(url)}/c/${row / chunk[0]}/${col / chunk[1]}`);
        }
      }
      return keys;
    });
  }
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
