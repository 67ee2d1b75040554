import { within } from '@tessera/matrix';
import { runJob } from '@tessera/master';
import { jobKey, jobQueueName, parseMessage, Report, resultQueueName } from '@tessera/protocol';
import { arraysFor, describe, type FleetParts } from '../fleet/sim-fleet.ts';
import type { Loaded } from '../kernels.ts';
import { SimProcess } from '../world/process.ts';
import { wrongCertificate } from './certified.ts';
import type { JobChecks } from './checks.ts';
import { referenceC } from './reference.ts';
import type { SmallJob } from './small-job.ts';

/** Deaths by chance end after so many, so that a run can end. */
const MOST_DEATHS = 5;

/** One job of a run: its masters, one after another, until it has its report, and what is checked of it. */
export class JobLife {
  readonly small: SmallJob;
  readonly checks: JobChecks;
  report: Report | undefined;
  mastersMade = 0;
  /** `running` while it has a master or will have one by itself, `waiting` for somebody who resumes it. */
  state: 'new' | 'running' | 'waiting' | 'over' = 'new';
  readonly #parts: FleetParts;
  #cancel = new AbortController();
  #master: SimProcess | undefined;
  #deaths = 0;
  #resumed = false;

  constructor(small: SmallJob, checks: JobChecks, parts: FleetParts) {
    this.small = small;
    this.checks = checks;
    this.#parts = parts;
  }

  begin(): void {
    this.#parts.queues.create(resultQueueName(this.small.job.jobId));
    this.#startMaster();
  }

  /** Somebody asks it to stop. @returns false where it is over */
  cancel(): boolean {
    if (this.state === 'over') return false;
    this.checks.wasCancelled = true;
    this.#cancel.abort(new Error('cancelled'));
    return true;
  }

  /** Its master dies, and nobody starts another. */
  interrupt(): void {
    this.state = 'waiting';
    this.#master?.crash('with its cloud');
  }

  /** It goes on where the store says that it was; one that has a report that is not good begins once more. */
  resume(): void {
    const { objects, queues, world } = this.#parts;
    const key = `fleet/${jobKey(this.small.job.jobId, 'report')}`;
    if (this.#reported()?.status !== 'done') objects.stored.delete(key);
    world.counts.add('resumed');
    this.#cancel = new AbortController();
    queues.create(resultQueueName(this.small.job.jobId));
    this.#startMaster();
  }

  async judge(kernels: Loaded): Promise<void> {
    const { job } = this.small;
    this.report = this.#reported();
    if (!this.report) return this.checks.fail('there is no report');
    const reference = await referenceC(this.small, { ...kernels.multiply, add: kernels.add.add });
    if (this.report.status === 'done' && job.verify.rounds > 0) {
      const wrong = await wrongCertificate(this.#stored('certificate'), reference);
      if (wrong !== undefined) this.checks.fail(wrong);
    }
    this.checks.ended(this.report, reference, this.#dead());
  }

  /** The stored elements of C, chunk after chunk, of a job that was done. */
  get bits(): string | undefined {
    if (this.report?.status !== 'done') return undefined;
    const { objects } = this.#parts;
    const keys = objects.keys(`${this.small.prefix}/C.zarr/c/`).sort();
    return keys.map((key) => Buffer.from(objects.stored.get(key)!.written).toString('hex')).join(' ');
  }

  #startMaster(): void {
    const { world, queues, objects } = this.#parts;
    const { chance, time, faults, counts } = world;
    const { job, plan } = this.small;
    const id = `master-${job.jobId}/${++this.mastersMade}`;
    const process = new SimProcess(world, id, this.#deaths < MOST_DEATHS ? faults.rates.masterCrash : 0, () => {
      this.#deaths++;
      counts.add('masterCrash');
      if (this.state === 'waiting') return;
      time.after(chance.magnitude(500, 120_000), () => {
        if (this.state === 'running' && this.#master === process) this.#startMaster();
      });
    });
    this.#master = process;
    this.state = 'running';
    this.checks.masterStarted(process);
    const store = objects.storeFor(process);
    const life = async () => {
      const report = await runJob(job, {
        openQueue: queues.openFor(process),
        objects: within(store, 'fleet'),
        ...arraysFor(store),
        clock: process.clock,
        signal: this.#cancel.signal,
        emit: (event) => this.checks.emitted(event, process),
        warn: (message) => world.trace?.(time.now, id, `warns: ${message}`),
        plan: () => plan,
      });
      this.checks.reported(report, process);
      const remove = () => queues.remove(resultQueueName(job.jobId));
      await process.call('remove the result queue', remove).catch(remove);
      this.#end(process);
    };
    life().catch((error: unknown) => {
      if (!process.alive) return;
      this.checks.fail(`the master threw ${describe(error)}`);
      process.exit();
      this.state = 'over';
    });
  }

  #end(process: SimProcess): void {
    process.exit();
    this.state = 'over';
    const { world, objects, atCloud } = this.#parts;
    const { chance, time, faults, calm } = world;
    const report = this.#reported();
    if (!report || report.status === 'done' || calm) return;
    if (faults.resumes && !this.#resumed) {
      this.#resumed = true;
      if (report.status === 'failed') this.checks.excused(report, this.#dead());
      this.state = 'waiting';
      time.after(chance.magnitude(1_000, 300_000), () => atCloud(() => this.resume()));
    } else if (chance.happens(0.5)) {
      // Who submitted a job that failed takes its manifest away: packages that are left end at the workers that take them.
      objects.stored.delete(`fleet/${jobKey(this.small.job.jobId, 'manifest')}`);
    }
  }

  #reported(): Report | undefined {
    const text = this.#stored('report');
    return text && parseMessage(Report, 'report', new TextDecoder().decode(text));
  }

  #stored(object: 'report' | 'certificate'): Uint8Array | undefined {
    return this.#parts.objects.stored.get(`fleet/${jobKey(this.small.job.jobId, object)}`)?.bytes;
  }

  #dead(): readonly string[] {
    return this.#parts.queues.find(jobQueueName('default')).dead;
  }
}
