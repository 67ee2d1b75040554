import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { signalGroup } from '../processes/group.ts';
import { livingProcesses } from '../processes/table.ts';
import { append } from '../logs/store.ts';
import type { LogStore } from '../logs/store.ts';
import { scriptCommand } from '../machine/script.ts';
import { finalStatuses } from './command.ts';
import type { Invocation, Status } from './command.ts';
import { LineSplitter } from './lines.ts';
import type { OutputCapture } from './capture.ts';

export interface AgentOptions {
  readonly clock: Clock;
  readonly logs: LogStore;
  /** From SendCommand until the agent has the command. */
  readonly deliveryMs: number;
  /** Between SIGTERM and SIGKILL for a command that is cancelled or takes too long. */
  readonly graceMs: number;
}

/** The real agent's exit status for a command that it had to end (its executers package). */
const endedByAgent = 137;
/** How long output may still come after the script's end before the invocation is reported finished. */
const drainMs = 50;
const groupPollMs = 10;
const killedWithinMs = 1000;

/** The SSM agents of all instances: takes invocations, runs their scripts, reports what became of them. */
export class Agent {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  deliver(invocation: Invocation): void {
    this.#options.clock.after(this.#options.deliveryMs, () => {
      invocation.delivered = true;
      if (invocation.status !== 'Pending') return;
      if (!invocation.instance.machine.on) return this.#finish(invocation, 'Failed', 'Undeliverable', -1);
      try {
        this.#run(invocation);
      } catch (error) {
        this.#fail(invocation, error);
      }
    });
  }

  /** Has no effect on an invocation that is over. */
  cancel(invocation: Invocation): void {
    if (invocation.status === 'Pending') return this.#finish(invocation, 'Cancelled', 'Cancelled', -1);
    if (invocation.status !== 'InProgress') return;
    invocation.status = 'Cancelling';
    invocation.statusDetails = 'Cancelling';
    invocation.interrupt?.('Cancelled');
  }

  #run(invocation: Invocation): void {
    const { command, instance } = invocation;
    const { machine } = instance;
    const { clock, graceMs } = this.#options;
    invocation.status = 'InProgress';
    invocation.statusDetails = 'InProgress';
    invocation.startedAt = clock.now();

    const folder = join(machine.directory, 'ssm', command.id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const script = join(folder, '_script.sh');
    writeFileSync(script, command.script, { mode: 0o700 });
    const directory = resolve(machine.directory, command.workingDirectory ?? '.');
    const child = machine.spawn(scriptCommand(script, command.script), directory, instance.environment);
    this.#follow(invocation, child, 'stdout', invocation.stdout);
    this.#follow(invocation, child, 'stderr', invocation.stderr);

    let reason: 'Cancelled' | 'TimedOut' | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    invocation.interrupt = (why) => {
      if (reason !== undefined || child.pid === undefined) return;
      reason = why;
      const group = child.pid;
      signalGroup(group, 'SIGTERM');
      signalGroup(group, 'SIGCONT');
      // Processes live by the machine's time, whatever the cloud's clock says.
      killTimer = setTimeout(() => void signalGroup(group, 'SIGKILL'), graceMs);
    };
    const cancelTimeout = clock.after(command.executionTimeoutMs, () => {
      if (invocation.status === 'InProgress') invocation.interrupt?.('TimedOut');
    });

    child.on('error', (error) => {
      cancelTimeout();
      this.#fail(invocation, error);
    });
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    child.once('exit', (code, signal) => {
      cancelTimeout();
      void (async () => {
        // Children of the script may hold its output open for as long as they like: that doesn't keep it running.
        await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
        if (reason !== undefined) await this.#untilGroupEnds(child.pid!);
        clearTimeout(killTimer);
        if (reason === 'Cancelled') return this.#finish(invocation, 'Cancelled', 'Cancelled', endedByAgent);
        if (reason === 'TimedOut') return this.#finish(invocation, 'TimedOut', 'ExecutionTimedOut', endedByAgent);
        const exit = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        return exit === 0
          ? this.#finish(invocation, 'Success', 'Success', 0)
          : this.#finish(invocation, 'Failed', 'Failed', exit);
      })();
    });
  }

  async #untilGroupEnds(group: number): Promise<void> {
    const { graceMs } = this.#options;
    // Past the grace SIGKILL was sent, which takes effect soon but not at once.
    for (let waited = 0; waited < graceMs + killedWithinMs && groupLives(group); waited += groupPollMs) {
      await sleep(groupPollMs);
    }
  }

  #follow(invocation: Invocation, child: ChildProcess, which: 'stdout' | 'stderr', capture: OutputCapture): void {
    const { logs, clock } = this.#options;
    const { logGroup, id } = invocation.command;
    const lines = new LineSplitter();
    const write = (texts: readonly string[]): void => {
      if (logGroup === undefined || texts.length === 0) return;
      const now = clock.now();
      // CloudWatch Logs takes no empty message, so the agent sends none.
      const events = texts
        .filter((message) => message !== '')
        .map((message) => ({ timestamp: now, message, ingestionTime: now }));
      append(logs.openStream(logGroup, `${id}/${invocation.instance.id}/aws-runShellScript/${which}`, now), events);
    };
    child[which]!.on('data', (chunk: Buffer) => {
      capture.write(chunk);
      if (logGroup !== undefined) write(lines.write(chunk));
    });
    child[which]!.on('end', () => write(lines.end()));
    child[which]!.on('error', () => undefined);
  }

  #fail(invocation: Invocation, error: unknown): void {
    invocation.stderr.write(
      Buffer.from(`failed to run commands: ${error instanceof Error ? error.message : String(error)}\n`),
    );
    this.#finish(invocation, 'Failed', 'Failed', -1);
  }

  #finish(invocation: Invocation, status: Status, details: string, responseCode: number): void {
    if (finalStatuses.has(invocation.status)) return;
    invocation.status = status;
    invocation.statusDetails = details;
    invocation.responseCode = responseCode;
    invocation.startedAt ??= this.#options.clock.now();
    invocation.endedAt = this.#options.clock.now();
    invocation.interrupt = undefined;
  }
}

function groupLives(group: number): boolean {
  return signalGroup(group, 0) && livingProcesses({ groups: new Set([group]) }).length > 0;
}
