/**
 * Runs `work` over `items` with at most `limit` under way. The first failure stops the start of further ones,
 * and is thrown once those under way have settled, so that nothing touches the caller's buffers afterwards.
 */
export async function forEachBounded<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      if (failures.length > 0) break;
      const task: Promise<void> = work(item).then(
        () => void underWay.delete(task),
        (error: unknown) => {
          failures.push(error);
          underWay.delete(task);
        },
      );
      underWay.add(task);
      if (underWay.size >= limit) await Promise.race(underWay);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
}
