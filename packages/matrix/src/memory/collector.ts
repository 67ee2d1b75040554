import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Frees what nobody refers to: what was made lately, or everything. */
export type Collect = (type: 'minor' | 'major') => void;

/**
 * V8's own collector, which is called for nothing but memory that V8 does not count as its own. It is slow to start and
 * mostly not needed, so it is fetched at the first call.
 */
export function lazyCollector(): Collect {
  let gc: ((options: { type: 'minor' | 'major' }) => void) | undefined;
  return (type) => {
    gc ??= openCollector();
    gc({ type });
  };
}

function openCollector(): (options: { type: 'minor' | 'major' }) => void {
  // What is collected is freed before the call returns, not some time later by another thread.
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
  // The collector has no other door: the flag makes a context of its own get the function, and ours stays without.
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;
}
