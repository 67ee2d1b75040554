import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { protocolJsonSchema } from './src/json-schema.ts';

writeFileSync(
  join(import.meta.dirname, 'schema/tessera-v1.schema.json'),
  `${JSON.stringify(protocolJsonSchema(), null, 2)}\n`,
);
