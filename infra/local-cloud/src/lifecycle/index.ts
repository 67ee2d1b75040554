// Light enough to be loaded at every start of the CLI: nothing here but Node's own modules.
export { spawnLocalCloud } from './spawn.ts';
export type { SpawnOptions } from './spawn.ts';
export { findRunningCloud, hasLastingCloud } from './find.ts';
export { sweepDeadClouds } from './sweep.ts';
export type { CloudHandle } from './handle.ts';
export { isAlive, startTime } from '../processes/start-time.ts';
export { CloudStartError } from '../errors.ts';
