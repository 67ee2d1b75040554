import { z } from 'zod';
import { Certificate } from './messages/certificate.ts';
import { ProgressEvent } from './messages/event.ts';
import { JobSpec, Manifest } from './messages/job.ts';
import { Report } from './messages/report.ts';
import { Result } from './messages/result.ts';
import { WorkPackage } from './messages/work-package.ts';
import { PROTOCOL_VERSION } from './version.ts';

/**
 * Everything that travels, as one JSON Schema (draft 2020-12) for other languages. `schema/tessera-v1.schema.json` is this
 * value; `pnpm --filter @tessera/protocol schema` writes it.
 */
export function protocolJsonSchema(): object {
  const documents = { JobSpec, Manifest, WorkPackage, Result, ProgressEvent, Report, Certificate };
  const $defs = Object.fromEntries(
    Object.entries(documents).map(([name, schema]) => {
      const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
      return [name, rest];
    }),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Tessera protocol, version ${PROTOCOL_VERSION}`,
    anyOf: Object.keys(documents).map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs,
  };
}
