import * as fc from 'fast-check';
import { mutatedText } from './mutations.ts';

/** Stands in a document for nesting that JSON.stringify itself could not write. */
const DEEP = '\u0001deep\u0001';

/** Values that readers of JSON stumble over. */
const NASTY: readonly unknown[] = [
  null,
  true,
  '',
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  5e-324,
  [],
  {},
  [[]],
  DEEP,
  { toString: 1, valueOf: 1 },
  { length: 1e9 },
  '\0',
  '\ud800',
  '__proto__',
  '../../etc/passwd',
  'NaN',
  'x'.repeat(10_000),
  '9'.repeat(400),
  Array.from({ length: 2000 }, () => 0),
  '$(reboot)',
  "';id;'",
];

const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...NASTY),
  fc.jsonValue({ maxDepth: 3 }),
  fc.maxSafeInteger(),
);

interface Change {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'rename' | 'add';
  readonly value: unknown;
  readonly name: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'remove', 'rename', 'add'),
  value: nasty,
  name: fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '', 'length', '0', 'v'),
});

/** JSON documents that are nearly right: some values, names or bytes of them are not. */
export function mutatedDocuments(samples: readonly string[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([text, changes]) => written(changes.reduce(applyTo, JSON.parse(text) as unknown)));
  return fc.oneof({ weight: 3, arbitrary: changed }, { weight: 1, arbitrary: mutatedText(samples) });
}

function written(document: unknown): string {
  return JSON.stringify(document).replaceAll(JSON.stringify(DEEP), `${'['.repeat(20_000)}${']'.repeat(20_000)}`);
}

type Container = Record<string, unknown>;

/** Every place of a document: what holds it, and its name there. */
function places(value: unknown, found: { holder: Container; name: string }[] = []) {
  if (typeof value !== 'object' || value === null) return found;
  for (const name of Object.keys(value)) {
    found.push({ holder: value as Container, name });
    places((value as Container)[name], found);
  }
  return found;
}

function applyTo(document: unknown, { at, how, value: shared, name: other }: Change): unknown {
  // Inputs share their values, and a later change may write into this one.
  const value = structuredClone(shared);
  const all = places(document);
  const place = all[at % Math.max(1, all.length)];
  if (!place) return value;
  const { holder, name } = place;
  // A list has no other names than numbers, and its length is no member.
  const free = Array.isArray(holder) ? '0' : other;
  // Plain assignment to `__proto__` would change the prototype and write nothing.
  const define = (key: string, to: unknown) =>
    Object.defineProperty(holder, key, { value: to, enumerable: true, configurable: true, writable: true });
  switch (how) {
    case 'replace':
      holder[name] = value;
      break;
    case 'remove':
      delete holder[name];
      break;
    case 'rename':
      define(free, holder[name]);
      delete holder[name];
      break;
    case 'add':
      define(free, value);
  }
  return document;
}
