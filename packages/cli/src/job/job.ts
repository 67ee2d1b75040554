import type { JobId, Manifest } from '@tessera/protocol';
import type { Kernel } from '../arguments/command.ts';
import type { Places } from '../input/places.ts';
import type { Hold } from './hold.ts';
import type { JobRecord } from './record.ts';

/** What is submitted, and where its matrices go. */
export interface Submission {
  readonly record: JobRecord;
  readonly places: Places;
}

/** A job that may start: a new one, or one that goes on. */
export interface Job {
  readonly id: JobId;
  /** Workers that it wants, and the kernel. */
  readonly workers: number;
  readonly kernel: Kernel;
  /** Where its matrices lie, where that is known before there is a fleet: on this machine. */
  readonly places: Places | undefined;
  /** For one that goes on with what is in a folder here: its hold of that. Who begins one takes it when it starts. */
  readonly hold?: Hold | undefined;
  /** Set for one that goes on. */
  readonly resumed: Resumed | undefined;
  /** What is submitted to the fleet that came up. */
  submission(fleet: { readonly bucket: string; readonly workers: number }): Promise<Submission>;
}

/** What a job that goes on is told besides. */
export interface Resumed {
  /** The master takes it as the sign that arrays of this job exist, and looks what is in them. */
  readonly manifest: Manifest;
  /** Packages of the whole plan. */
  readonly packages: number;
}
