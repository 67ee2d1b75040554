import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wildcard } from '../src/ec2/filter.ts';
import { parseQuery } from '../src/wire/query.ts';
import type { QueryTree } from '../src/wire/query.ts';
import { writeXml } from '../src/wire/xml.ts';

/** Writes a tree as the query protocol does. */
function flatten(tree: QueryTree, name = ''): [string, string][] {
  if (typeof tree === 'string') return [[name, tree]];
  const members = Array.isArray(tree)
    ? tree.map((child, index) => [String(index + 1), child] as const)
    : Object.entries(tree);
  return members.flatMap(([part, child]) => flatten(child, name === '' ? part : `${name}.${part}`));
}

const memberName = fc.constantFrom('Filter', 'Name', 'Value', 'Tag', '__proto__', 'constructor', 'Key');
const { tree } = fc.letrec<{ tree: QueryTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.array(tie('tree'), { minLength: 1, maxLength: 12 }),
    fc.dictionary(memberName, tie('tree'), { minKeys: 1, maxKeys: 4 }),
  ),
}));

describe('the query protocol', () => {
  test('reads back whatever tree was written, in any order of parameters', () => {
    fc.assert(
      fc.property(fc.dictionary(memberName, tree, { maxKeys: 4 }), fc.integer(), (input, turn) => {
        const pairs = flatten(input);
        const turned = pairs.map((_, index) => pairs[(((index + turn) % pairs.length) + pairs.length) % pairs.length]!);
        expect(JSON.stringify(sorted(parseQuery(new URLSearchParams(turned).toString())))).toBe(
          JSON.stringify(sorted(input)),
        );
      }),
    );
  });

  test('refuses what it does not read, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (body) => {
        try {
          parseQuery(body);
        } catch (error) {
          expect(error).toMatchObject({ _tag: 'InvalidRequestError' });
        }
      }),
    );
  });
});

/** The same tree with its members in the order of their names. */
function sorted(node: QueryTree): unknown {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return node.map(sorted);
  return Object.entries(node)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, child]) => [name, sorted(child)]);
}

test('XML holds any text without breaking', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const xml = writeXml({ value: text });
      const content = xml === '<value/>' ? '' : xml.slice('<value>'.length, -'</value>'.length);
      expect(content).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#13);)/);
      expect([...content].filter((character) => character < ' ' && !'\t\n'.includes(character))).toEqual([]);
    }),
  );
  expect(writeXml({ a: [1, { b: true }], none: undefined, when: new Date(0) })).toBe(
    '<a><item>1</item><item><b>true</b></item></a><when>1970-01-01T00:00:00.000Z</when>',
  );
});

describe('filter values', () => {
  test('without wildcards match themselves alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
        const pattern = wildcard(text.replaceAll(/[\\*?]/g, '\\$&'));
        expect(pattern.test(text)).toBe(true);
        expect(pattern.test(`${text}${other}`)).toBe(other === '');
      }),
    );
  });

  test.each([
    ['W*r', 'Worker', true],
    ['W*r', 'Worker 2', false],
    ['?orker', 'Worker', true],
    ['?orker', 'orker', false],
    ['a.c', 'abc', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a*', 'a\nb', true],
  ])('%j on %j is %s', (pattern, value, expected) => {
    expect(wildcard(pattern).test(value)).toBe(expected);
  });
});
