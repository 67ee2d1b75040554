import type { Credentials } from '../credentials/credentials.ts';
import type { Machine } from '../machine/machine.ts';
import type { MetadataServer } from '../metadata/server.ts';
import type { InstanceType } from './instance-types.ts';
import type { StateName } from './state.ts';

/** What RunInstances asked for, the same for all instances of one call. */
export interface LaunchRequest {
  readonly imageId: string;
  readonly type: InstanceType;
  readonly keyName: string | undefined;
  readonly securityGroupIds: readonly string[];
  readonly instanceProfileArn: string | undefined;
  readonly spot: boolean;
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly userData: string | undefined;
  readonly clientToken: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

export interface StateReason {
  readonly code: string;
  readonly message: string;
}

/** An announced end of a spot instance, as its metadata shows it. */
export interface SpotInterruption {
  readonly action: 'stop' | 'terminate';
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** One instance: what was asked for, and what has become of it. Only `Fleet` changes it. */
export interface Instance {
  readonly id: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly launch: LaunchRequest;
  readonly tags: Map<string, string>;
  readonly machine: Machine;
  readonly credentials: Credentials;
  readonly privateIp: string;
  state: StateName;
  stateReason: StateReason | undefined;
  /** The last start, as the API reports it. */
  launchTime: number;
  /** Whether the SSM agent answers: "running" is not "online". */
  online: boolean;
  /** The first start runs the user data. */
  booted: boolean;
  metadata: MetadataServer | undefined;
  environment: Readonly<Record<string, string>>;
  interruption: SpotInterruption | undefined;
  /** Cancels the next step of the state machine. */
  cancelStep: () => void;
}
