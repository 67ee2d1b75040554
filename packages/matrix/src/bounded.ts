/**
 * Runs `work` over `items` with at most `limit` under way. The first failure stops the start of further ones,
 * and is thrown once those under way have settled, so that nothing touches the caller's buffers afterwards.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const run = async () => {
    try {
      for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next())
        await work(next.value);
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: limit }, run));
  if (failures.length > 0) throw failures[0];
}
