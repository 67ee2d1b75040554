import type { Clock } from '@tessera/protocol';
import type { Chance } from './chance.ts';
import { InjectedError, type FaultCounts, type FaultPlan } from './faults.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What every process of a simulated fleet shares. */
export interface World {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly faults: FaultPlan;
  readonly counts: FaultCounts;
  /** Faults by chance are over: what is left only has to be cleaned away. */
  calm: boolean;
  /** Told of a process that goes on after its end. */
  afterlife: (who: string, what: string) => void;
  /** Told of everything that happens, for a trace. */
  trace?: ((at: number, who: string, what: string) => void) | undefined;
}

/**
 * Never settles, as the calls of a process that was killed. Each call has its own: one that all shared would keep whatever
 * waits for it.
 */
const never = () => new Promise<never>(() => undefined);

/**
 * One process. Everything that it can do to the world goes through `call`, so a crash is this: from some call on, none
 * of its calls comes back, before or after the call had its effect. Nothing of it runs again, not even its `finally`.
 */
export class SimProcess {
  readonly id: string;
  readonly world: World;
  alive = true;
  #pausedUntil = 0;
  #exited = false;
  readonly #crashRate: number;
  readonly #onCrash: () => void;

  constructor(world: World, id: string, crashRate: number, onCrash: () => void) {
    this.world = world;
    this.id = id;
    this.#crashRate = crashRate;
    this.#onCrash = onCrash;
  }

  crash(why: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.world.trace?.(this.world.time.now, this.id, `dies: ${why}`);
    this.#onCrash();
  }

  /** The process ended of its own accord, and does nothing from now on. */
  exit(): void {
    this.alive = false;
    this.#exited = true;
  }

  /** It stands still: what it waits for happens, and it does not see it. */
  pause(ms: number): void {
    this.world.trace?.(this.world.time.now, this.id, `stands still for ${Math.round(ms)} ms`);
    this.#pausedUntil = Math.max(this.#pausedUntil, this.world.time.now + ms);
  }

  /** Does what the process itself does: not while it stands still, and never after its death. */
  #asItself(action: () => void): void {
    const { time } = this.world;
    if (!this.alive) return;
    if (time.now < this.#pausedUntil) time.after(this.#pausedUntil - time.now, () => this.#asItself(action));
    else action();
  }

  readonly clock: Clock = {
    now: () => this.world.time.now,
    sleep: (ms, signal) => {
      if (!this.alive) return never();
      return new Promise<void>((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const onAbort = () => {
          alarm.cancel();
          if (this.alive) reject(signal!.reason as Error);
        };
        const dies = !this.world.calm && this.world.chance.happens(this.#crashRate / 4);
        const alarm = this.world.time.after(ms, () => {
          this.#asItself(() => {
            if (dies) return this.crash('while it waits');
            signal?.removeEventListener('abort', onAbort);
            resolve();
          });
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };

  /**
   * A call into the world: takes a while, may fail before or after `effect`, may be the last thing this process does.
   * @param effect what the call does, at one moment; a promise where the answer takes longer (a long poll)
   */
  call<T>(what: string, effect: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    const { world } = this;
    if (this.#exited) world.afterlife(this.id, what);
    if (!this.alive) return never();
    const { chance, counts, time } = world;
    const { rates, latencyMs } = world.faults;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const dies = !world.calm && chance.happens(this.#crashRate);
    const diesBefore = dies && chance.happens(0.5);
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const settleNow = (how: () => void) => {
        if (over || !this.alive) return;
        over = true;
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      const settle = (how: () => void) => this.#asItself(() => settleNow(how));
      const onAbort = () => settleNow(() => reject(signal!.reason as Error));
      signal?.addEventListener('abort', onAbort, { once: true });
      const fail = (error: Error, kind: Parameters<FaultCounts['add']>[0]) => {
        counts.add(kind);
        world.trace?.(time.now, this.id, `${what}: ${kind}`);
        settle(() => reject(error));
      };
      time.after(chance.exponential(latencyMs), () => {
        if (!this.alive) return;
        if (diesBefore) return this.crash(`before ${what}`);
        if (!world.calm && chance.happens(rates.paused)) {
          counts.add('paused');
          this.pause(chance.magnitude(1_000, 180_000));
        }
        if (!world.calm) {
          const roll = chance.next();
          let below = rates.throttled;
          if (roll < below) return fail(new InjectedError('ThrottlingException', { status: 400 }), 'throttled');
          below += rates.serverError;
          if (roll < below) return fail(new InjectedError('InternalError', { status: 500 }), 'serverError');
          below += rates.connection;
          if (roll < below) return fail(new InjectedError('Error', { code: 'ECONNRESET' }), 'connection');
          below += rates.silence;
          if (roll < below) {
            time.after(60_000, () => fail(new InjectedError('TimeoutError'), 'silence'));
            return;
          }
        }
        // An aborted call may have its effect all the same, as on a real network; here it has.
        let answer: T | Promise<T>;
        try {
          answer = effect();
          world.trace?.(time.now, this.id, what);
        } catch (error) {
          world.trace?.(time.now, this.id, `${what}: ${(error as Error).message}`);
          settle(() => reject(error as Error));
          return;
        }
        if (dies) return this.crash(`after ${what}`);
        const lost = !world.calm && chance.happens(rates.lostReply);
        const reply = (value: T) => {
          if (lost) fail(new InjectedError('Error', { code: 'ECONNRESET' }), 'lostReply');
          else settle(() => resolve(value));
        };
        if (answer instanceof Promise) answer.then(reply, (error: Error) => settle(() => reject(error)));
        else reply(answer);
      });
    });
  }
}
