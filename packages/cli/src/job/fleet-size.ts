import type { OperationName } from '@tessera/protocol';
import type { JobRequest } from './request.ts';

/** What this machine has to give. */
export interface Machine {
  readonly cores: number;
  /** Memory that new processes may take, in bytes. */
  readonly availableBytes: number;
}

/** How many workers, and what each may use. */
export interface FleetSize {
  readonly workers: number;
  readonly memoryBytes: number;
  /** Threads of a worker's kernel. */
  readonly threads: number;
}

/** Below this much work a second worker costs more than it saves: about what one worker does while another starts. */
const TINY_ELEMENTS = 100_000;
const TINY_FLOPS = 50e6;
const MOST_LOCAL_BYTES = 2 * 1024 ** 3;
/** Below this a worker has no room for tiles. */
const LEAST_LOCAL_BYTES = 512 * 1024 ** 2;
/** The rest of an instance's memory is for its system and for what a worker needs beside its tiles. */
const AWS_MEMORY_SHARE = 0.7;

/** Whether one worker is enough. */
export function isTiny(op: OperationName, { A, B, C }: JobRequest['shapes']): boolean {
  const size = ([rows, cols]: readonly [number, number]) => rows * cols;
  // Every element of A meets a row's length of C, whichever way round it is stored.
  const flops = op === 'multiply' || op === 'gram' ? 2 * size(A) * C[1] : size(C);
  return size(A) + (B === undefined ? 0 : size(B)) + size(C) < TINY_ELEMENTS && flops < TINY_FLOPS;
}

/** How many workers there will be, and what each may use if somebody said so. */
interface Asked {
  readonly workers: number;
  readonly memoryBytes: number | undefined;
}

/** A fleet on this machine: workers that share half of the memory that is free, and the cores. */
export function localFleetSize(machine: Machine, asked: Asked): FleetSize {
  const { workers } = asked;
  const share = Math.floor(machine.availableBytes / 2 / workers);
  const memoryBytes = asked.memoryBytes ?? Math.max(LEAST_LOCAL_BYTES, Math.min(MOST_LOCAL_BYTES, share));
  return { workers, memoryBytes, threads: Math.max(1, Math.floor(machine.cores / workers)) };
}

/** A fleet of instances of one type. */
export function awsFleetSize(type: { readonly memoryBytes: number; readonly cores: number }, asked: Asked): FleetSize {
  return {
    workers: asked.workers,
    memoryBytes: asked.memoryBytes ?? Math.floor(type.memoryBytes * AWS_MEMORY_SHARE),
    threads: type.cores,
  };
}

/** The same fleet with as many workers as came up. */
export function sizeFor(size: FleetSize, workers: number): FleetSize {
  if (workers === size.workers) return size;
  return { ...size, workers };
}
