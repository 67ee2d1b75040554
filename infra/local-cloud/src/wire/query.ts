import { InvalidRequestError } from '../errors.ts';

/** A parameter tree: leaves are strings, list members stand in order. */
export type QueryTree = string | QueryTree[] | { [name: string]: QueryTree };

const deepest = 8;
const mostParameters = 5000;

type Branch = Map<string, Branch | string>;

/**
 * Reads the body of the AWS query protocol: `Filter.1.Name=tag:Name&Filter.1.Value.1=Worker` becomes
 * `{ Filter: [{ Name: 'tag:Name', Value: ['Worker'] }] }`. Members whose names are all numbers form a list in the
 * order of these numbers; gaps close up, as they do at AWS. `member` (the spelling of older services) is skipped.
 *
 * @throws InvalidRequestError for a tree that is too deep or too wide, or a name that is both leaf and branch.
 */
export function parseQuery(body: string): { [name: string]: QueryTree } {
  const root: Branch = new Map();
  let count = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    if (++count > mostParameters)
      throw new InvalidRequestError(name, `a request has at most ${mostParameters} parameters`, false);
    insert(root, name, value);
  }
  const tree: { [name: string]: QueryTree } = Object.create(null);
  for (const [name, branch] of root) tree[name] = typeof branch === 'string' ? branch : toTree(branch);
  return tree;
}

function insert(root: Branch, name: string, value: string): void {
  const path = name.split('.').filter((part) => part !== 'member');
  if (path.length === 0 || path.length > deepest)
    throw new InvalidRequestError(name, `parameter names have 1 to ${deepest} parts`, false);
  let branch = root;
  for (const part of path.slice(0, -1)) {
    const next = branch.get(part) ?? new Map<string, Branch | string>();
    if (typeof next === 'string')
      throw new InvalidRequestError(name, 'the parameter is both a value and a structure', false);
    branch.set(part, next);
    branch = next;
  }
  const leaf = path.at(-1)!;
  if (branch.get(leaf) instanceof Map)
    throw new InvalidRequestError(name, 'the parameter is both a value and a structure', false);
  branch.set(leaf, value);
}

function toTree(branch: Branch): QueryTree {
  const entries = [...branch].map(([name, child]): [string, QueryTree] => [
    name,
    typeof child === 'string' ? child : toTree(child),
  ]);
  if (entries.length > 0 && entries.every(([name]) => /^\d{1,6}$/.test(name))) {
    return entries.sort(([left], [right]) => Number(left) - Number(right)).map(([, child]) => child);
  }
  const tree: { [name: string]: QueryTree } = Object.create(null);
  for (const [name, child] of entries) tree[name] = child;
  return tree;
}
