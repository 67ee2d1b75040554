import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beginCloud } from './cloud/begin.ts';
import { readSettings } from './settings.ts';

// The entry, which lies in `packages/cli/dist`: begins what takes long before it loads the program.
const loadedAfter = performance.now();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const begun = beginCloud(process.argv.slice(2), { stateRoot: readSettings(process.env, false).stateRoot, root });
const program = createRequire(import.meta.url)('./program.mjs') as { default: typeof import('./process.ts') };
void program.default.runProcess(root, loadedAfter, begun);
