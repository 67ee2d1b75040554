import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as protocol from '../src/index.ts';

/** Every `@example` of the message schemas, with the name of the schema below it. */
function samples(): { schema: string; text: string }[] {
  const folder = join(import.meta.dirname, '../src/messages');
  return readdirSync(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...text.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport const (\w+) =/g)].flatMap(([, comment, schema]) =>
      [...comment!.matchAll(/@example (.*)$/gm)].map(([, sample]) => ({ schema: schema!, text: sample! })),
    );
  });
}

const schemas = protocol as unknown as Record<string, z.ZodType>;

describe('the samples in the docstrings', () => {
  it('are found', () => {
    expect(new Set(samples().map(({ schema }) => schema)).size).toBeGreaterThanOrEqual(14);
  });

  it.each(samples())('parse as $schema: $text', ({ schema, text }) => {
    expect(schemas[schema]!.parse(JSON.parse(text))).toEqual(JSON.parse(text));
  });
});

describe('a message', () => {
  const good = samples().find(({ schema }) => schema === 'AddPackage')!.text;

  it('of another version is refused with both versions named', () => {
    const other = JSON.stringify({ ...(JSON.parse(good) as object), v: 2, bundle: '9.9.9' });
    expect(() => protocol.parseMessage(protocol.WorkPackage, 'work package', other)).toThrow(
      'protocol version 2 (sent by bundle 9.9.9) found, but this bundle speaks version 1',
    );
  });

  it.each([
    ['nested deeper than a stack', `{"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['very long', JSON.stringify({ v: 'x'.repeat(10_000) })],
    ['an object that has no text', '{"v":{"toString":1,"valueOf":1}}'],
  ])('whose version is %s is refused in one short line', (_, text) => {
    expect(() => protocol.parseMessage(protocol.WorkPackage, 'work package', text)).toThrow(
      expect.objectContaining({ _tag: 'VersionMismatchError', message: expect.stringMatching(/^.{1,200}$/) }),
    );
  });

  it.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['an unknown kind', JSON.stringify({ ...(JSON.parse(good) as object), kind: 'shell' })],
    ['a path for an array', good.replace('"array":"A"', '"array":"../A"')],
    ['a job id with a slash', good.replace('20260102-030405-abcde', '../../etc')],
  ])('that is %s is malformed', (_, text) => {
    expect(() => protocol.parseMessage(protocol.WorkPackage, 'work package', text)).toThrow(protocol.ProtocolError);
  });
});

it('exports what stands here and nothing else', () => {
  expect(Object.keys(protocol).toSorted()).toMatchSnapshot();
});
