import { fileURLToPath } from 'node:url';
import { runProcess } from './process.ts';

// The entry of the bundle, which lies in `packages/cli/dist`.
void runProcess(fileURLToPath(new URL('../../..', import.meta.url)), performance.now());
