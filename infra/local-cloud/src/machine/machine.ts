import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exterminate } from '../processes/exterminate.ts';
import { spawnGated } from '../processes/gated-spawn.ts';
import { signalGroup } from '../processes/group.ts';
import { forgetGroup } from '../processes/registry.ts';
import type { ProcessIdentity } from '../processes/start-time.ts';
import { instanceMarker } from './environment.ts';

export interface MachineOptions {
  readonly id: string;
  readonly stateDir: string;
  /** Between SIGTERM and SIGKILL when the machine is shut down. */
  readonly graceMs: number;
}

/**
 * What an instance is made of here: a directory, and the process groups that run in it.
 *
 * A machine is off, on, or going off. Only one that is on runs commands; going off ends every process of it, also
 * those that left their group, and only then answers.
 */
export class Machine {
  readonly directory: string;
  readonly #options: MachineOptions;
  readonly #groups = new Map<number, ProcessIdentity>();
  #on = false;
  #used = false;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.directory = join(options.stateDir, 'instances', options.id);
    mkdirSync(join(this.directory, 'tmp'), { recursive: true, mode: 0o700 });
  }

  get on(): boolean {
    return this.#on;
  }

  switchOn(): void {
    this.#on = true;
  }

  /** Starts a command as a process group of its own. The group is known until its last member ends. */
  spawn(command: readonly string[], directory: string, environment: Readonly<Record<string, string>>): ChildProcess {
    if (!this.#on) throw new Error(`${this.#options.id} is switched off and runs no commands`);
    this.#used = true;
    const { child, leader } = spawnGated({ stateDir: this.#options.stateDir, command, directory, environment });
    if (leader.pid !== 0) {
      this.#groups.set(leader.pid, leader);
      // 'exit' comes when the leader ends; 'close' when also nobody holds its output open any more.
      child.on('exit', () => this.#forgetWhenEmpty(leader));
      child.on('close', () => this.#forgetWhenEmpty(leader));
    }
    return child;
  }

  /** Takes no more commands from here on. Answers the groups that run. */
  refuseCommands(): ProcessIdentity[] {
    this.#on = false;
    return [...this.#groups.values()];
  }

  /** Ends everything that runs on the machine, gently first. */
  async switchOff(): Promise<void> {
    const groups = this.refuseCommands();
    if (!this.#used) return;
    const { id, graceMs } = this.#options;
    await exterminate({ groups, marker: instanceMarker(id), graceMs });
    for (const leader of this.#groups.values()) forgetGroup(this.#options.stateDir, leader);
    this.#groups.clear();
  }

  async erase(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  #forgetWhenEmpty(leader: ProcessIdentity): void {
    if (signalGroup(leader.pid, 0) || !this.#groups.delete(leader.pid)) return;
    forgetGroup(this.#options.stateDir, leader);
  }
}
