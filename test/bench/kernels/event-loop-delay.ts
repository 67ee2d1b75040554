import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

export interface Delay {
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly seconds: number;
}

/** How late the event loop was, beyond the 1 ms of the probe itself, while `work` ran on other threads. */
export async function delayDuring(work: () => Promise<void>): Promise<Delay> {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  await setTimeout(20);
  histogram.reset();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  histogram.disable();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
  return { p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max), seconds };
}
