import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';
import { rehearse } from '../../scripts/rehearsal.mjs';

// Code that an earlier build left would stay for ever.
const dist = join(import.meta.dirname, 'dist');
rmSync(dist, { recursive: true, force: true });
const out = join(dist, 'cli.mjs');
await bundle({ entry: join(import.meta.dirname, 'src/cli.ts'), out });
await bundle({ entry: join(import.meta.dirname, 'src/process.ts'), out: join(dist, 'program.mjs'), matrices: true });
await rehearse(out);
