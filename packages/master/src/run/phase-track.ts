import type { ArrayPiece, CheckOutcome, PackageBody, Result } from '@tessera/protocol';
import type { PhasePlan } from '../plan/plan.ts';
import { Announcer, type AnnouncerWorld } from './announcer.ts';
import type { Authors } from './authors.ts';
import { Median } from './median.ts';
import { inputsOf, outputsOf, overlap } from './package-pieces.ts';

type Done = Extract<Result, { status: 'done' }>;

/** A phase as its stage is given it. */
export interface StagePhase {
  readonly plan: PhasePlan;
  /** What one of its packages should take, where the plan says so. */
  readonly plannedMs: number | undefined;
  /** Number of its first package in package ids; not 0 where an earlier phase has the same name. */
  readonly firstNumber: number;
  /** Where it is noted who answered its packages, if anybody asks. */
  readonly authors?: Authors | undefined;
  /** Prepares a package for sending: puts small tiles into it, and says who should not check his own work. */
  pack(taken: Packed): Promise<PackageBody>;
}

/** A package to be packed: of this phase if it has an index, else the repair of something that one of this phase reads. */
export interface Packed {
  readonly id: string;
  readonly body: PackageBody;
  readonly index: number | undefined;
}

/** A package that was never sent. */
export interface NewPackage {
  readonly id: string;
  /** Place in its phase. */
  readonly index: number;
  readonly body: PackageBody;
}

/** What one phase left behind. */
export interface PhaseOutcome {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly seconds: number;
  /** Of these, those after all phases before it in its stage had ended. */
  readonly ownSeconds: number;
  /** Of these, those until the last package was sent for the first time. */
  readonly sendSeconds: number;
  readonly checks: readonly CheckOutcome[];
}

/**
 * How far one phase of a stage is, and what is told of it. The first of a stage starts with it. One that runs beside others
 * waits for a worker that has nothing else to do: it starts when one was first at it, by what the answers say, and when the
 * others are over at the latest; nobody is told of it before.
 */
export class PhaseTrack {
  readonly phase: StagePhase;
  /** Milliseconds that workers spent on its packages. */
  readonly workMs = new Median();
  readonly #world: AnnouncerWorld;
  readonly #announcer: Announcer;
  readonly #stageStartedAt: number;
  readonly #checks: CheckOutcome[] = [];
  /** What packages that were taken and are not done will make. */
  readonly #making = new Map<number, readonly ArrayPiece[]>();
  #next: NewPackage | undefined;
  #taken = 0;
  #done = 0;
  #startedAt: number | undefined;
  #aloneSince: number | undefined;
  #firstSendEndedAt: number | undefined;
  #endedAt: number | undefined;
  #isTold = false;

  constructor(phase: StagePhase, world: AnnouncerWorld) {
    this.phase = phase;
    this.#world = world;
    this.#announcer = new Announcer(phase.plan, world);
    this.#stageStartedAt = world.clock.now();
  }

  get name(): PhasePlan['phase'] {
    return this.phase.plan.phase;
  }

  get packages(): number {
    return this.phase.plan.packages;
  }

  /** Packages that were answered, or done before. */
  get done(): number {
    return this.#done;
  }

  get isOver(): boolean {
    return this.#done === this.packages;
  }

  /** Whether every package was sent at least once, or is about to be. */
  get isTaken(): boolean {
    return this.#taken === this.packages;
  }

  /** Whether packages were taken that are not done. */
  get isUnderWay(): boolean {
    return this.#making.size > 0;
  }

  /** When all phases before it in its stage were over; undefined while they are not. */
  get aloneSince(): number | undefined {
    return this.#aloneSince;
  }

  /** The next package that was never sent. */
  get next(): NewPackage {
    const index = this.#taken;
    const { plan, firstNumber } = this.phase;
    return (this.#next ??= { id: `${plan.phase}-${firstNumber + index}`, index, body: plan.at(index) });
  }

  /** Takes it. */
  take(): NewPackage {
    const { next } = this;
    this.#making.set(next.index, outputsOf(next.body));
    this.#next = undefined;
    this.#taken++;
    return next;
  }

  /** Whether something that a package of another phase reads is among what packages of this one, taken, will make. */
  isMakingFor(body: PackageBody): boolean {
    if (this.#making.size === 0) return false;
    const inputs = inputsOf(body);
    for (const outputs of this.#making.values()) {
      if (outputs.some((output) => inputs.some((input) => overlap(input, output)))) return true;
    }
    return false;
  }

  /** All phases before it in its stage are over, if there are any. */
  alone(): void {
    if (this.#aloneSince !== undefined) return;
    this.#aloneSince = this.#world.clock.now();
    // It may be over already, by what an earlier run left.
    this.#start(Math.min(this.#aloneSince, this.#endedAt ?? Infinity));
  }

  /** Packages that were taken were sent. */
  sent(): void {
    if (this.isTaken) this.#firstSendEndedAt ??= this.#world.clock.now();
    if (this.#startedAt !== undefined && this.#taken > 0) this.#announcer.sent(this.#taken);
  }

  /** A package of this phase, or the repair of what one needs, took a worker so long, and found this. */
  worked({ seconds, check }: Done): void {
    this.workMs.add(busyMs(seconds));
    if (check) this.#checks.push(check);
  }

  /** A package is done, now or since an earlier run. */
  answered(index: number, result?: Done): void {
    const now = this.#world.clock.now();
    this.#done++;
    this.#making.delete(index);
    if (result) {
      this.phase.authors?.note(index, result.worker);
      this.#start(now - busyMs(result.seconds));
    }
    if (this.isOver) this.#endedAt = now;
  }

  /** Tells how many are done, and the end. */
  tell(): void {
    if (this.#startedAt === undefined || this.#isTold) return;
    if (this.isOver) this.#announcer.sent(this.packages);
    if (this.#done > 0) this.#announcer.received(this.#done);
    if (!this.isOver) return;
    this.#isTold = true;
    this.#world.emit({ event: 'phase:ended', phase: this.name, seconds: this.outcome().seconds });
  }

  /** What it left behind once it is over. */
  outcome(): PhaseOutcome {
    const startedAt = this.#startedAt ?? this.#stageStartedAt;
    const endedAt = this.#endedAt ?? startedAt;
    const aloneSince = this.#aloneSince ?? endedAt;
    return {
      startedAt,
      endedAt,
      seconds: (endedAt - startedAt) / 1000,
      ownSeconds: Math.max(0, endedAt - aloneSince) / 1000,
      sendSeconds: Math.max(0, Math.min(endedAt, this.#firstSendEndedAt ?? endedAt) - aloneSince) / 1000,
      checks: this.#checks,
    };
  }

  #start(at: number): void {
    const isFirst = this.#startedAt === undefined;
    this.#startedAt = Math.max(this.#stageStartedAt, Math.min(at, this.#startedAt ?? Infinity));
    if (!isFirst) return;
    this.#world.emit({ event: 'phase:started', phase: this.name, packages: this.packages });
    this.sent();
  }
}

function busyMs({ read, compute, write }: Done['seconds']): number {
  return 1000 * (read + compute + write);
}
