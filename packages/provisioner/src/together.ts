import type { World } from './world.ts';

/**
 * Runs independent pieces of work side by side. The first failure stops the others, and all have ended when it is
 * thrown: nothing goes on behind the caller's back.
 */
export async function together<T extends readonly unknown[]>(
  world: World,
  start: (world: World) => { [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const failed = new AbortController();
  const signal = world.signal === undefined ? failed.signal : AbortSignal.any([world.signal, failed.signal]);
  const works = start({ ...world, signal }) as readonly Promise<unknown>[];
  for (const work of works) work.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(works);
  world.signal?.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  return (await Promise.all(works)) as unknown as T;
}
