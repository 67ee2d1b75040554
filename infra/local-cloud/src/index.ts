export { startLocalCloud } from './start-local-cloud.ts';
export type { LocalCloud, LocalCloudOptions } from './start-local-cloud.ts';
export type { StateDelays } from './ec2/fleet.ts';
export { systemClock } from './clock.ts';
export type { Clock } from './clock.ts';
export type { RandomSource } from './random.ts';
export { spotInterruptionTag } from './ec2/spot-tag.ts';
export { AwsError, CloudStartError } from './errors.ts';
