import {
  BUNDLE_VERSION,
  MalformedMessageError,
  parseMessage,
  PROTOCOL_VERSION,
  Result,
  type Clock,
  type JobId,
  type MessageQueue,
  type PackageBody,
  type ReceivedMessage,
  type WorkPackage,
} from '@tessera/protocol';
import { errorTag } from '@tessera/queue';
import { AbandonedWatch } from './abandoned-watch.ts';
import type { EventBody } from './announcer.ts';
import { Bell } from './bell.ts';
import { PackageFailedError, PackageUnsettledError } from './errors.ts';
import { isDeadlyTag } from './failures.ts';
import { Flights, type Flight } from './flights.ts';
import type { Inbox } from './inbox.ts';
import { stubbornly } from './patience.ts';
import { PhaseTrack, type NewPackage, type PhaseOutcome, type StagePhase } from './phase-track.ts';
import { isDamage, type Repair } from './repairs.ts';
import { StragglerWatch } from './straggler-watch.ts';
import type { StragglerPolicy } from './stragglers.ts';
import type { Tally } from './tally.ts';

/** Packages handed to the queue in one call. */
const SEND_RUN = 100;
/** Packages for each receive that is under way at once: one brings at most ten answers a round trip. */
const PACKAGES_PER_LANE = 50;
const MOST_LANES = 8;
/** Attempts of a repair are numbered from here, each repair 100 further, so that no older answer is taken for its own. */
const REPAIR_ATTEMPTS = 100;

/** What a stage needs of its job and of the world. */
export interface StageContext {
  readonly jobId: JobId;
  readonly jobs: MessageQueue;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stragglers: StragglerPolicy;
  readonly tally: Tally;
  /** How many the job was planned for. */
  readonly workers: number;
  /** Packages under way at once: enough for every worker, few enough to leave the queue to other jobs too. */
  readonly window: number;
  emit(event: EventBody): void;
  /** Takes what a result brought along: stores an inline tile. */
  settle(body: PackageBody, result: Extract<Result, { status: 'done' }>): Promise<void>;
  /** Tells whoever reads the log of something that does not stop the job. */
  warn(message: string): void;
  /** Whether the store holds a package's output already, from a run of this master that was cut off. */
  isDone(body: PackageBody): Promise<boolean>;
  /** Packages that must run again because something that this one reads is damaged. */
  repairsFor(body: PackageBody): Promise<readonly Repair[]>;
  /** Such a package has run again. */
  repaired(repair: Pick<Repair, 'id' | 'body'>, worker: string): void;
}

/**
 * Runs the phases of one stage to their end: every package answered once, whatever is lost, late or repeated in between.
 * Those of the first are sent first. Those of the next are sent when no more of the first are left than there are
 * workers: each has its last one then, or nothing to do. Sent sooner they could be received sooner, for queues keep no order,
 * and hold up what takes longest. A package is sent when all that it reads is there.
 * @returns what each phase left behind
 * @throws PackageFailedError, PackageUnsettledError, NoAnswerError, NoWorkerError; the signal's reason when aborted; what its
 *   queues throw for good
 */
export async function runStage(phases: readonly StagePhase[], context: StageContext): Promise<PhaseOutcome[]> {
  return new StageRun(phases, context).run();
}

/**
 * Two sides work at once until every package is done: one sends packages whose time has come, the other takes what the
 * inbox brings. Both see the world through `#flights`; a package leaves it on its first good answer, and only then
 * counts as done, once.
 */
class StageRun {
  readonly #context: StageContext;
  readonly #tracks: readonly PhaseTrack[];
  readonly #flights = new Flights();
  readonly #watch: StragglerWatch;
  readonly #abandoned: AbandonedWatch;
  #repairs = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Aborted when the stage failed, so that whatever waits for something ends too. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #bell = new Bell();
  readonly #onAbort = () => this.#bell.ring();

  constructor(phases: readonly StagePhase[], context: StageContext) {
    this.#context = context;
    this.#tracks = phases.map((phase) => new PhaseTrack(phase, context));
    this.#watch = new StragglerWatch(this.#flights, context);
    const stalled = (waiting: number, seconds: number) => {
      const { name } = this.#tracks.find(({ isOver }) => !isOver) ?? this.#tracks[0]!;
      context.emit({ event: 'phase:stalled', phase: name, waiting, seconds });
    };
    this.#abandoned = new AbandonedWatch({ ...context, stalled });
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async run(): Promise<PhaseOutcome[]> {
    const { signal, inbox } = this.#context;
    this.#tell();
    const packages = this.#tracks.reduce((sum, track) => sum + track.packages, 0);
    const lanes = Math.min(MOST_LANES, Math.max(1, Math.ceil(packages / PACKAGES_PER_LANE)));
    const stopReading = inbox.read(lanes, {
      received: (messages) => this.#receive(messages),
      failed: (error) => this.#fail(error),
    });
    await this.#sendAll().catch((error: unknown) => this.#fail(error));
    stopReading();
    // Node keeps a signal that is made of others, and all that listens to it, until nobody does.
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (signal.aborted) throw signal.reason;
    if (this.#failure && !this.#isOver) throw this.#failure.error;
    this.#tell();
    return this.#tracks.map((track) => track.outcome());
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
  }

  get #isOver(): boolean {
    return this.#tracks.every(({ isOver }) => isOver);
  }

  /** The phases whose packages may be sent: the first, and the next when so few of those before are left. */
  get #open(): PhaseTrack[] {
    const { workers } = this.#context;
    const tracks: PhaseTrack[] = [];
    let done = 0;
    let left = 0;
    for (const track of this.#tracks) {
      // With the first answer a worker has a free lane, if there are no more left than workers.
      if (tracks.length > 0 && left >= workers + Math.min(1, done)) break;
      tracks.push(track);
      done += track.done;
      left += track.packages - track.done;
    }
    return tracks;
  }

  /** The phase whose next package is to be sent now; none where each is sent or reads what is still being made. */
  get #ready(): PhaseTrack | undefined {
    const open = this.#open;
    const at = open.findIndex(({ isTaken }) => !isTaken);
    const track = open[at];
    return track && !open.slice(0, at).some((before) => before.isMakingFor(track.next.body)) ? track : undefined;
  }

  /** What a package that is under way should take at most. */
  get #plannedMs(): number {
    const underWay = this.#tracks.filter(({ isUnderWay }) => isUnderWay);
    return Math.max(0, ...underWay.map(({ phase: { plannedMs = 0 } }) => plannedMs));
  }

  /** Tells how far the phases are, each of which is alone once those before it are over. */
  #tell(): void {
    let areOver = true;
    for (const track of this.#tracks) {
      if (areOver) track.alone();
      track.tell();
      areOver &&= track.isOver;
    }
  }

  // Sending

  async #sendAll(): Promise<void> {
    const { clock } = this.#context;
    while (!this.#isOver && !this.#signal.aborted) {
      const run = this.#flights.takeDue(clock.now(), SEND_RUN);
      const taken = run.length < SEND_RUN ? await this.#takeNew(SEND_RUN - run.length) : [];
      if (run.length > 0 || taken.length > 0) await this.#send([...run, ...taken.flatMap((flight) => flight ?? [])]);
      else await this.#bell.wait(clock, Math.min(60_000, this.#flights.nextDueAt() - clock.now()));
    }
  }

  /**
   * The next packages that were never sent, as many as the window has room for, phase by phase; undefined for those that
   * are done already.
   */
  async #takeNew(most: number): Promise<(Flight | undefined)[]> {
    const room = Math.min(most, this.#context.window - this.#flights.size);
    const next: (NewPackage & { readonly track: PhaseTrack })[] = [];
    for (let track = this.#ready; track && next.length < room; track = this.#ready) {
      next.push({ track, ...track.take() });
    }
    const done = await Promise.all(next.map(({ body }) => this.#patiently(() => this.#context.isDone(body))));
    const flights = next.map(({ track, ...taken }, at) => {
      if (done[at]) return void track.answered(taken.index);
      const flight = this.#flights.begin(taken, track);
      flight.state = 'sending';
      return flight;
    });
    if (done.includes(true)) this.#tell();
    return flights;
  }

  async #send(run: readonly Flight[]): Promise<void> {
    const { clock, jobs } = this.#context;
    const packed = await Promise.all(run.map((flight) => this.#pack(flight)));
    const now = clock.now();
    const messages: string[] = [];
    for (const [at, flight] of run.entries()) {
      const body = packed[at];
      if (!body || flight.state !== 'sending') continue;
      this.#flights.sent(flight, now);
      messages.push(this.#message(flight, body));
    }
    // What was sent before an error is sent again: a worker that does it twice writes the same bytes.
    if (messages.length > 0) await this.#patiently(() => jobs.send(messages, this.#signal));
    for (const track of this.#tracks) track.sent();
  }

  /** The package as it travels; undefined when a tile that it would carry is damaged and must be repaired first. */
  async #pack(flight: Flight): Promise<PackageBody | undefined> {
    try {
      return await this.#patiently(() => flight.track.phase.pack(flight));
    } catch (error) {
      const tag = errorTag(error);
      if (!isDamage(tag)) throw error;
      const { message } = error as Error;
      await this.#failed(flight, { attempt: ++flight.attempt, worker: 'master', error: { tag, message } });
      return undefined;
    }
  }

  #message(flight: Flight, body: PackageBody): string {
    const message: WorkPackage = {
      v: PROTOCOL_VERSION,
      bundle: BUNDLE_VERSION,
      jobId: this.#context.jobId,
      packageId: flight.id,
      replyTo: this.#context.inbox.queue.name,
      attempt: flight.attempt,
      ...body,
    };
    return JSON.stringify(message);
  }

  // Collecting

  async #receive(messages: readonly ReceivedMessage[]): Promise<void> {
    const { inbox, tally, clock } = this.#context;
    await Promise.all(messages.map((message) => this.#answer(message.body)));
    if (this.#isOver) return;
    // Deleting is only tidiness: an answer that comes again is a duplicate. The last ones go with the queue.
    const receipts = messages.map(({ receipt }) => receipt);
    if (receipts.length > 0) void inbox.queue.delete(receipts).catch(() => undefined);
    this.#tell();
    this.#abandoned.look(this.#flights.sentCount, this.#plannedMs).catch((error: unknown) => this.#fail(error));
    const again = this.#watch.look({ allSent: this.#ready === undefined, workers: tally.workers });
    if (again.length === 0) return;
    tally.retries += again.length;
    for (const flight of again) this.#flights.wait(flight, clock.now());
    this.#bell.ring();
  }

  async #answer(text: string): Promise<void> {
    const { jobId, tally, clock } = this.#context;
    const result = this.#parse(text);
    const flight = result?.jobId === jobId ? this.#flights.find(result.packageId) : undefined;
    if (!result || !flight || result.attempt < flight.firstAttempt) {
      tally.duplicates++;
      return;
    }
    this.#watch.answered();
    this.#abandoned.answered();
    flight.unanswered = 0;
    if (result.status === 'failed') {
      // An answer to an earlier sending than the last: that one is still on its way. Or to one of a master before this.
      // That it kills counts all the same: it takes so many deaths to find out that it was sent again long since.
      const counts = result.attempt === flight.attempt || isDeadlyTag(result.error.tag);
      if (counts && result.attempt > flight.failedAttempt) await this.#failed(flight, result);
      else tally.duplicates++;
      return;
    }
    // From here on others that answer the same package are duplicates, also while its tile is being stored.
    this.#flights.over(flight);
    const { track } = flight;
    track.worked(result);
    await this.#settle(flight, result);
    for (const blocked of flight.blocks) {
      if (--blocked.blockedBy === 0 && blocked.state === 'blocked') this.#flights.wait(blocked, clock.now());
    }
    if (flight.index === undefined) {
      tally.repaired(result);
      this.#context.repaired(flight, result.worker);
    } else {
      tally.count(result, track.phase.plan);
      track.answered(flight.index, result);
    }
    if (this.#isOver || this.#context.window - this.#flights.size >= SEND_RUN || flight.blocks.length > 0) {
      this.#bell.ring();
    }
  }

  async #settle(flight: Flight, result: Extract<Result, { status: 'done' }>): Promise<void> {
    try {
      await this.#patiently(() => this.#context.settle(flight.body, result));
    } catch (error) {
      if (this.#signal.aborted) throw error;
      throw new PackageUnsettledError(flight.id, error);
    }
  }

  /** A result of another protocol version ends the job, for no other will come; a malformed one is left to be sent again. */
  #parse(text: string): Result | undefined {
    try {
      return parseMessage(Result, 'result', text);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.#context.warn(`${error.message}: ${text.slice(0, 200)}`);
      return undefined;
    }
  }

  /** A package goes out again: at once, after a pause, or when what it reads has been repaired. */
  async #failed(
    flight: Flight,
    { attempt, worker, error }: { attempt: number; worker: string; error: { tag: string; message: string } },
  ): Promise<void> {
    const { stragglers, tally, clock } = this.#context;
    flight.failedAttempt = attempt;
    flight.failures.add(error.tag);
    const retried = !flight.failures.areTooMany(stragglers.attempts);
    this.#context.emit({ event: 'package:failed', packageId: flight.id, attempt, worker, ...error, retried });
    if (!retried) {
      const suspects = flight.failures.isDeadly ? this.#flights.suspects().filter((id) => id !== flight.id) : [];
      throw new PackageFailedError(flight.id, flight.failures.all, worker, `${error.message} (${error.tag})`, suspects);
    }
    if (flight.state === 'sent' && attempt < flight.attempt) return;
    tally.retries++;
    const repairs = isDamage(error.tag) ? await this.#patiently(() => this.#context.repairsFor(flight.body)) : [];
    if (flight.state === 'over') return;
    if (repairs.length > 0) this.#repair(flight, repairs);
    else {
      if (flight.state === 'sending') flight.state = 'new';
      this.#flights.wait(flight, clock.now() + flight.failures.delayMs(error.tag));
    }
    this.#bell.ring();
  }

  #repair(flight: Flight, repairs: readonly Repair[]): void {
    const makers = repairs.map(({ id, phase, body }) => {
      const known = this.#flights.find(id);
      if (known) return known;
      this.#context.warn(`${id} runs again: what it made is damaged, and ${flight.id} reads it`);
      const track = this.#tracks.find(({ name }) => name === phase) ?? this.#tracks[0]!;
      const maker = this.#flights.begin({ id, body }, track, ++this.#repairs * REPAIR_ATTEMPTS);
      this.#flights.wait(maker, this.#context.clock.now());
      return maker;
    });
    this.#flights.block(flight, makers);
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return stubbornly(work, this.#context, this.#signal);
  }
}
