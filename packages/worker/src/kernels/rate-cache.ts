import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeCacheFolder } from './cache-folder.ts';
import type { KernelRate } from './kernel.ts';

/** What a rate depends on: another machine, engine, library or version of ours measures anew. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly threads: number;
  readonly node: string;
  readonly version: string;
  readonly blasPath: string;
  /** What an OpenBLAS may be told to use: other kernels of the same library. */
  readonly coreTypes: string;
}

const cachedRates = z.object({
  v: z.literal(1),
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  rates: z.array(
    z.object({
      kernel: z.enum(['loops', 'wasm', 'blas', 'gpu', 'wgsl']),
      op: z.enum(['multiply', 'add']),
      dtype: z.enum(['float64', 'float32']),
      rate: z.number().positive(),
      unit: z.enum(['gflops', 'GB/s']),
      detail: z.string(),
    }),
  ),
});

/**
 * Measured rates in one small JSON file per machine. Any number of workers may use it at once: a file appears whole
 * (written aside, then renamed), the last one wins, and losing it costs one more measurement.
 */
export class RateCache {
  readonly #folder: string;
  readonly #file: string;
  readonly #machine: Machine;

  constructor(folder: string, machine: Machine) {
    const key = createHash('sha256').update(JSON.stringify(machine)).digest('hex').slice(0, 16);
    this.#folder = folder;
    this.#file = join(folder, `kernel-rates-${key}.json`);
    this.#machine = machine;
  }

  /** The rates stored for this machine; none if there is no file, or one that isn't ours. */
  async read(): Promise<KernelRate[]> {
    try {
      return cachedRates.parse(JSON.parse(await readFile(this.#file, 'utf8'))).rates;
    } catch {
      return [];
    }
  }

  /** Adds rates to what is stored, as `mergeRates` does. */
  async add(rates: readonly KernelRate[]): Promise<void> {
    const merged = mergeRates(await this.read(), rates);
    const aside = `${this.#file}.${randomUUID()}`;
    makeCacheFolder(this.#folder);
    try {
      await writeFile(aside, `${JSON.stringify({ v: 1, machine: this.#machine, rates: merged }, undefined, 1)}\n`);
      await rename(aside, this.#file);
    } catch (cause) {
      await rm(aside, { force: true });
      throw cause;
    }
  }
}

/**
 * One rate per kernel, operation and dtype: the higher one of the same library, for whatever else ran at the time only makes
 * it lower; the later one where it became another.
 */
export function mergeRates(earlier: readonly KernelRate[], later: readonly KernelRate[]): KernelRate[] {
  const merged = new Map<string, KernelRate>();
  for (const rate of [...earlier, ...later]) {
    const known = merged.get(subject(rate));
    if (known?.detail !== rate.detail || known.rate < rate.rate) merged.set(subject(rate), rate);
  }
  return [...merged.values()];
}

const subject = ({ kernel, op, dtype }: KernelRate): string => `${kernel} ${op} ${dtype}`;
