import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { protocolJsonSchema } from '../src/json-schema.ts';

it('the JSON Schema that is stored is the one that the schemas give', () => {
  const stored = readFileSync(join(import.meta.dirname, '../schema/tessera-v1.schema.json'), 'utf8');
  expect(JSON.parse(stored)).toEqual(JSON.parse(JSON.stringify(protocolJsonSchema())));
});
