import { Worker } from 'node:worker_threads';
import { KernelFailed } from './errors.ts';
import type { Gemm, KernelName } from './kernel.ts';

/** What a compute thread runs: the body of a function of `data` that returns `(job) => void`. */
export interface ThreadProgram {
  readonly source: string;
  readonly data?: unknown;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, { done: Promise<void>; resolve: () => void; reject: (reason: unknown) => void }>;
}

/**
 * Up to `size` threads that compute jobs whose arrays are all views of shared memory, so that nothing is copied.
 *
 * Threads start from source text (`eval`), not from a file: that survives bundling into one file with no cooperation of
 * the bundle's entry, and a thread evaluates 10 KB of text where re-entering the worker's bundle would evaluate all of it.
 * A thread starts when a job finds no idle one, holds the process open only while it computes, and ends with `close()`.
 */
export class ComputeThreads {
  readonly #kernel: KernelName;
  readonly #size: number;
  readonly #program: () => ThreadProgram;
  readonly #threads: Thread[] = [];
  #nextId = 0;
  #closed = false;

  constructor(kernel: KernelName, size: number, program: () => ThreadProgram) {
    this.#kernel = kernel;
    this.#size = Math.max(1, size);
    this.#program = program;
  }

  get size(): number {
    return this.#size;
  }

  /** Threads running now: none before the first job. */
  get started(): number {
    return this.#threads.length;
  }

  /** Computes one job on the least busy thread. @throws KernelFailed when the thread died or the pool is closed */
  run(job: Gemm): Promise<void> {
    if (this.#closed) return Promise.reject(new KernelFailed(this.#kernel, `the ${this.#kernel} kernel is closed`));
    const thread = this.#idleThread();
    const id = this.#nextId++;
    const { promise: done, resolve, reject } = Promise.withResolvers<void>();
    thread.waiting.set(id, { done, resolve, reject });
    thread.worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
    thread.worker.postMessage({ id, job });
    return done;
  }

  /** Computes the parts of a job; settles only when none of them touches memory any more. */
  async runAll(parts: readonly Gemm[]): Promise<void> {
    const results = await Promise.allSettled(parts.map((part) => this.run(part)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Ends the threads after what they compute now. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = this.#threads.splice(0);
    await Promise.all(
      threads.map(async ({ worker, waiting }) => {
        await Promise.allSettled([...waiting.values()].map(({ done }) => done));
        await worker.terminate();
      }),
    );
  }

  #idleThread(): Thread {
    let least: Thread | undefined;
    for (const thread of this.#threads) if (!least || thread.waiting.size < least.waiting.size) least = thread;
    if (least && (least.waiting.size === 0 || this.#threads.length >= this.#size)) return least;
    return this.#start();
  }

  #start(): Thread {
    const { source, data } = this.#program();
    const worker = new Worker(threadMain, {
      eval: true,
      execArgv: [],
      workerData: { source, data },
      name: `tessera-${this.#kernel}`,
    });
    const thread: Thread = { worker, waiting: new Map() };
    this.#threads.push(thread);
    worker.unref();
    worker.on('message', ({ id, error }: { id: number; error?: unknown }) => {
      const job = thread.waiting.get(id);
      thread.waiting.delete(id);
      if (thread.waiting.size === 0) worker.unref();
      if (error === undefined) job?.resolve();
      else
        job?.reject(
          new KernelFailed(this.#kernel, `the ${this.#kernel} kernel failed on its thread: ${String(error)}`, error),
        );
    });
    worker.on('error', (cause) => this.#lost(thread, cause));
    worker.on('exit', (code) => this.#lost(thread, new Error(`thread ended with code ${code}`)));
    return thread;
  }

  #lost(thread: Thread, cause: unknown): void {
    const at = this.#threads.indexOf(thread);
    if (at >= 0) this.#threads.splice(at, 1);
    for (const { reject } of thread.waiting.values())
      reject(
        new KernelFailed(this.#kernel, `a compute thread of the ${this.#kernel} kernel died: ${String(cause)}`, cause),
      );
    thread.waiting.clear();
  }
}

const threadMain = `
const { parentPort, workerData } = require('node:worker_threads');
let compute;
parentPort.on('message', ({ id, job }) => {
  try {
    compute ??= new Function('data', workerData.source)(workerData.data);
    compute(job);
    parentPort.postMessage({ id });
  } catch (error) {
    parentPort.postMessage({ id, error });
  }
});
`;
