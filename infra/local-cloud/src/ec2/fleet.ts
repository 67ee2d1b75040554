import { accountId } from '../account.ts';
import { pause } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { CredentialStore } from '../credentials/credentials.ts';
import { AwsError } from '../errors.ts';
import { machineEnvironment } from '../machine/environment.ts';
import type { EnvironmentOptions } from '../machine/environment.ts';
import { Machine } from '../machine/machine.ts';
import type { PowerRequest } from '../machine/power-switch.ts';
import { runUserData } from '../machine/user-data.ts';
import { startMetadataServer } from '../metadata/server.ts';
import { exterminate } from '../processes/exterminate.ts';
import { hexId } from '../random.ts';
import type { RandomSource } from '../random.ts';
import type { Instance, LaunchRequest, StateReason } from './instance.ts';
import { nextStates } from './state.ts';
import type { StateName } from './state.ts';

/** How long instances stay in the states that pass by themselves, in milliseconds of the cloud's clock. */
export interface StateDelays {
  readonly pending: number;
  /** From running until the SSM agent answers. */
  readonly online: number;
  readonly stopping: number;
  readonly shuttingDown: number;
}

export interface FleetOptions {
  readonly stateDir: string;
  readonly region: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly credentials: CredentialStore;
  readonly delays: StateDelays;
  /** Between SIGTERM and SIGKILL when an instance stops or ends. */
  readonly graceMs: number;
  /** What an instance's environment is made of besides the instance itself. */
  readonly surroundings: Pick<EnvironmentOptions, 'nodePath' | 'commandsDir' | 'cacheDir' | 'cloudMarker' | 'outer'> & {
    readonly endpoint: () => string;
  };
  readonly log: (message: string) => void;
}

export interface Reservation {
  readonly id: string;
  readonly clientToken: string | undefined;
  /** What the client token stands for: the same token with another request is refused. */
  readonly fingerprint: string;
  readonly instances: readonly Instance[];
}

/** What a change of state was, for the answer of Start-, Stop- and TerminateInstances. */
export interface StateChange {
  readonly instance: Instance;
  readonly previous: StateName;
}

/** All instances, and the only place that moves them from state to state. */
export class Fleet {
  readonly region: string;
  readonly availabilityZone: string;
  readonly ownerId = accountId;
  readonly instances = new Map<string, Instance>();
  readonly reservations: Reservation[] = [];
  readonly #options: FleetOptions;
  #addresses = 0;
  #closed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.region = options.region;
    this.availabilityZone = `${options.region}a`;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** @throws AwsError InvalidInstanceID.Malformed, InvalidInstanceID.NotFound, naming all that were wrong. */
  require(ids: readonly string[]): Instance[] {
    const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
    if (malformed !== undefined)
      throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}" (expecting "i-...")`);
    const unknown = ids.filter((id) => !this.instances.has(id));
    if (unknown.length === 1)
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${unknown[0]}' does not exist`);
    if (unknown.length > 1)
      throw new AwsError('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`);
    return [...new Set(ids)].map((id) => this.instances.get(id)!);
  }

  run(launch: LaunchRequest, count: number, fingerprint: string): Reservation {
    const reservationId = `r-${hexId(this.#options.random, 17)}`;
    const instances = Array.from({ length: count }, (_, index) => this.#create(reservationId, index, launch));
    const reservation = { id: reservationId, clientToken: launch.clientToken, fingerprint, instances };
    this.reservations.push(reservation);
    for (const instance of instances) this.#boot(instance);
    return reservation;
  }

  /** @throws AwsError IncorrectInstanceState */
  start(instances: readonly Instance[]): StateChange[] {
    refuse(instances, ['stopping', 'shutting-down', 'terminated'], 'started');
    return instances.map((instance) => {
      const previous = instance.state;
      if (previous === 'stopped') {
        instance.launchTime = this.clock.now();
        this.#enter(instance, 'pending', undefined);
        this.#boot(instance);
      }
      return { instance, previous };
    });
  }

  /** @throws AwsError IncorrectInstanceState */
  stop(instances: readonly Instance[], reason: StateReason = userInitiated('shutdown', this.clock)): StateChange[] {
    refuse(instances, ['pending', 'shutting-down', 'terminated'], 'stopped');
    return instances.map((instance) => {
      const previous = instance.state;
      if (previous === 'running') {
        this.#enter(instance, 'stopping', reason);
        this.#leave(instance, this.#options.delays.stopping, async () => this.#enter(instance, 'stopped', reason));
      }
      return { instance, previous };
    });
  }

  terminate(
    instances: readonly Instance[],
    reason: StateReason = userInitiated('shutdown', this.clock),
  ): StateChange[] {
    return instances.map((instance) => {
      const previous = instance.state;
      if (previous !== 'shutting-down' && previous !== 'terminated') {
        this.#enter(instance, 'shutting-down', reason);
        this.#leave(instance, this.#options.delays.shuttingDown, async () => {
          this.#options.credentials.revoke(instance.credentials.accessKeyId);
          await instance.machine.erase();
          this.#enter(instance, 'terminated', reason);
        });
      }
      return { instance, previous };
    });
  }

  /** Ends all processes and starts the machine again under the same id; a reboot shows in no state. */
  reboot(instances: readonly Instance[]): void {
    refuse(instances, ['stopping', 'stopped', 'shutting-down', 'terminated'], 'rebooted');
    for (const instance of instances) {
      if (instance.state !== 'running') continue;
      instance.cancelStep();
      instance.online = false;
      void this.#restart(instance);
    }
  }

  /** Does what an instance asked for itself by `shutdown` or `reboot`. */
  switchedFromInside(id: string, request: PowerRequest): void {
    const instance = this.instances.get(id);
    if (instance === undefined || instance.state !== 'running') return;
    const code = 'Client.InstanceInitiatedShutdown';
    const reason = { code, message: `${code}: Instance initiated shutdown` };
    if (request === 'reboot') this.reboot([instance]);
    else if (instance.launch.shutdownBehavior === 'terminate') this.terminate([instance], reason);
    else this.stop([instance], reason);
  }

  /** Announces the end of an instance in its metadata, and carries it out at its time unless it has ended before. */
  interrupt(instance: Instance, action: 'stop' | 'terminate', noticeMs: number): void {
    const notice = { action, at: this.clock.now() + noticeMs };
    instance.interruption = notice;
    this.clock.after(noticeMs, () => {
      if (instance.interruption !== notice || instance.state !== 'running') return;
      const reason = {
        code: 'Server.SpotInstanceTermination',
        message: 'Server.SpotInstanceTermination: Instance reclaimed',
      };
      if (action === 'stop') this.stop([instance], reason);
      else this.terminate([instance], reason);
    });
  }

  /** Ends all processes, because the cloud itself ends: after `graceMs` the ungentle way. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const instance of this.instances.values()) {
      instance.cancelStep();
      instance.online = false;
      instance.metadata?.close();
    }
    // One search for all: looking through the machine's processes for each would take as long again for every instance.
    const groups = [...this.instances.values()].flatMap(({ machine }) => machine.refuseCommands());
    await exterminate({ groups, marker: this.#options.surroundings.cloudMarker, graceMs });
  }

  #create(reservationId: string, launchIndex: number, launch: LaunchRequest): Instance {
    const { random, stateDir, credentials, graceMs, clock } = this.#options;
    const id = `i-${hexId(random, 17)}`;
    const address = ++this.#addresses;
    const instance: Instance = {
      id,
      reservationId,
      launchIndex,
      launch,
      tags: new Map(launch.tags),
      machine: new Machine({ id, stateDir, graceMs }),
      credentials: credentials.issueTo(id),
      privateIp: `172.31.${(address >> 8) & 0xff}.${address & 0xff}`,
      state: 'pending',
      stateReason: { code: 'pending', message: 'pending' },
      launchTime: clock.now(),
      online: false,
      booted: false,
      metadata: undefined,
      environment: {},
      interruption: undefined,
      cancelStep: () => undefined,
    };
    this.instances.set(id, instance);
    return instance;
  }

  #boot(instance: Instance): void {
    instance.cancelStep = this.clock.after(this.#options.delays.pending, () => void this.#becomeRunning(instance));
  }

  async #becomeRunning(instance: Instance): Promise<void> {
    try {
      await this.#prepare(instance);
      if (instance.state !== 'pending' || this.#closed) return instance.metadata?.close();
      this.#enter(instance, 'running', undefined);
      instance.machine.switchOn();
      runUserData(instance, this.#options.log);
      instance.booted = true;
      this.#goOnline(instance);
    } catch (error) {
      this.#options.log(`${instance.id} could not be started: ${String(error)}`);
      const code = 'Server.InternalError';
      this.terminate([instance], { code, message: `${code}: ${String(error)}` });
    }
  }

  async #restart(instance: Instance): Promise<void> {
    await instance.machine.switchOff();
    if (instance.state !== 'running' || this.#closed) return;
    instance.machine.switchOn();
    runUserData(instance, this.#options.log);
    this.#goOnline(instance);
  }

  async #prepare(instance: Instance): Promise<void> {
    const { credentials, privateIp, launch, machine } = instance;
    const { surroundings, region, clock } = this.#options;
    instance.metadata ??= await startMetadataServer(
      {
        instanceId: instance.id,
        instanceType: launch.type.name,
        imageId: launch.imageId,
        region,
        availabilityZone: this.availabilityZone,
        privateIp,
        reservationId: instance.reservationId,
        launchIndex: instance.launchIndex,
        interruption: () => instance.interruption,
      },
      clock,
    );
    instance.environment = machineEnvironment({
      ...surroundings,
      endpoint: surroundings.endpoint(),
      metadataEndpoint: instance.metadata.endpoint,
      instanceId: instance.id,
      directory: machine.directory,
      region,
      credentials,
    });
  }

  #goOnline(instance: Instance): void {
    instance.cancelStep = this.clock.after(this.#options.delays.online, () => {
      if (instance.state === 'running' && instance.machine.on) instance.online = true;
    });
  }

  /** Switches the machine off, waits out the rest of `atLeastMs`, then takes the last step. */
  #leave(instance: Instance, atLeastMs: number, lastStep: () => Promise<void>): void {
    instance.cancelStep();
    instance.online = false;
    instance.interruption = undefined;
    void this.#finishLeaving(instance, instance.state, atLeastMs, lastStep);
  }

  async #finishLeaving(
    instance: Instance,
    state: StateName,
    atLeastMs: number,
    lastStep: () => Promise<void>,
  ): Promise<void> {
    try {
      await Promise.all([instance.machine.switchOff(), pause(this.clock, atLeastMs)]);
      // A stopping instance may have been terminated meanwhile: then that way out ends it.
      if (instance.state !== state) return;
      instance.metadata?.close();
      instance.metadata = undefined;
      await lastStep();
    } catch (error) {
      this.#options.log(`${instance.id} did not end cleanly: ${String(error)}`);
    }
  }

  #enter(instance: Instance, state: StateName, reason: StateReason | undefined): void {
    if (!nextStates[instance.state].includes(state))
      throw new Error(`${instance.id} can't go from ${instance.state} to ${state}`);
    instance.state = state;
    instance.stateReason = reason;
  }
}

function refuse(instances: readonly Instance[], states: readonly StateName[], what: string): void {
  const wrong = instances.find(({ state }) => states.includes(state));
  if (wrong !== undefined) {
    throw new AwsError(
      'IncorrectInstanceState',
      `The instance '${wrong.id}' is not in a state from which it can be ${what}.`,
    );
  }
}

function userInitiated(what: string, clock: Clock): StateReason {
  const code = `Client.UserInitiated${what === 'shutdown' ? 'Shutdown' : ''}`;
  return { code, message: `${code}: User initiated ${what} (${new Date(clock.now()).toISOString()})` };
}
