import type { Query } from './claim.ts';

/** A request's target as it came over the wire, taken apart without changing a byte of the path. */
export interface Target {
  readonly path: string;
  readonly query: Query;
}

/**
 * Takes a request target apart, or answers undefined for one that isn't a path. `+` stands for itself: the signature
 * covers `%2B`, and no AWS client writes a space as `+`.
 */
export function readTarget(url: string): Target | undefined {
  if (!url.startsWith('/')) return undefined;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query: Record<string, string | string[]> = Object.create(null);
  for (const part of mark === -1 ? [] : url.slice(mark + 1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    let name: string;
    let value: string;
    try {
      name = decodeURIComponent(equals === -1 ? part : part.slice(0, equals));
      value = equals === -1 ? '' : decodeURIComponent(part.slice(equals + 1));
    } catch {
      return undefined;
    }
    const earlier = query[name];
    query[name] = earlier === undefined ? value : typeof earlier === 'string' ? [earlier, value] : [...earlier, value];
  }
  return { path, query };
}
