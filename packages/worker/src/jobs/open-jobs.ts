import type { ArrayContext, MatrixArray, Store } from '@tessera/matrix';
import {
  jobKey,
  Manifest,
  parseMessage,
  type ArrayDeclaration,
  type ArrayPiece,
  type CsvText,
  type JobId,
} from '@tessera/protocol';
import { ReferenceRefusedError, UnknownJobError } from '../errors.ts';

/** Jobs kept open at once, used or not; a fleet seldom works on more. */
const KEPT = 8;

/** What a worker needs to reach the arrays of jobs. */
export interface JobAccess {
  /** The fleet's bucket, where manifests are. */
  readonly objects: Store;
  openArray(array: ArrayDeclaration): Promise<MatrixArray>;
  /** The folder or prefix of one job. */
  openWorkspace(url: string): Promise<Store>;
  /** How texts are reached. */
  readonly context: ArrayContext;
}

/** A job as its manifest declares it. Nothing that is not declared can be opened. */
export class OpenJob {
  readonly manifest: Manifest;
  readonly #access: JobAccess;
  readonly #arrays = new Map<string, Promise<MatrixArray>>();
  #workspace: Promise<Store> | undefined;

  constructor(manifest: Manifest, access: JobAccess) {
    this.manifest = manifest;
    this.#access = access;
  }

  /**
   * The array that a piece belongs to.
   * @throws ReferenceRefusedError when the job declares no such array, or the piece is not inside it.
   */
  array(piece: ArrayPiece): Promise<MatrixArray> {
    const declared = this.manifest.arrays[piece.array];
    if (!declared) throw new ReferenceRefusedError(`job ${this.manifest.jobId} declares no array ${piece.array}`);
    if (piece.row + piece.rows > declared.shape[0] || piece.col + piece.cols > declared.shape[1]) {
      throw new ReferenceRefusedError(
        `rows ${piece.row}+${piece.rows}, columns ${piece.col}+${piece.cols} are not inside array ${piece.array} ` +
          `of ${declared.shape[0]}x${declared.shape[1]}`,
      );
    }
    let array = this.#arrays.get(piece.array);
    if (!array) {
      array = this.#access.openArray(declared);
      this.#arrays.set(piece.array, array);
      // A failure to open is not remembered: the store may answer the next time.
      array.catch(() => this.#arrays.delete(piece.array));
    }
    return array;
  }

  /** @throws ReferenceRefusedError when the job declares no such text. */
  text(name: string): CsvText {
    const text = this.manifest.texts[name];
    if (!text) throw new ReferenceRefusedError(`job ${this.manifest.jobId} declares no text ${name}`);
    return text;
  }

  get context(): ArrayContext {
    return this.#access.context;
  }

  workspace(): Promise<Store> {
    return (this.#workspace ??= this.#access.openWorkspace(this.manifest.workspace));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#arrays.values()].map(async (array) => (await array).close()));
  }
}

/** A job in use. It stays open until the last who uses it lets go. */
export interface JobLease extends Disposable {
  readonly job: OpenJob;
}

interface Entry {
  readonly job: Promise<OpenJob>;
  users: number;
}

/** The jobs that a worker met last, opened once each. */
export class OpenJobs {
  readonly #access: JobAccess;
  /** The one that was not asked for the longest comes first. */
  readonly #jobs = new Map<JobId, Entry>();

  constructor(access: JobAccess) {
    this.#access = access;
  }

  /** @throws UnknownJobError, and what parsing a manifest throws; a failure is not remembered */
  async take(jobId: JobId): Promise<JobLease> {
    const entry = this.#jobs.get(jobId) ?? { job: this.#load(jobId), users: 0 };
    this.#jobs.delete(jobId);
    this.#jobs.set(jobId, entry);
    entry.users++;
    try {
      const job = await entry.job;
      this.#closeUnused();
      return { job, [Symbol.dispose]: () => this.#letGo(jobId, entry) };
    } catch (error) {
      if (this.#jobs.get(jobId) === entry) this.#jobs.delete(jobId);
      throw error;
    }
  }

  /** Closes what a job holds open, once nobody uses it; it is opened anew if it comes again. */
  async forget(jobId: JobId): Promise<void> {
    const entry = this.#jobs.get(jobId);
    this.#jobs.delete(jobId);
    if (entry?.users === 0) await close(entry);
  }

  /** When nobody uses a job any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#jobs.keys()].map((jobId) => this.forget(jobId)));
  }

  #letGo(jobId: JobId, entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (this.#jobs.get(jobId) !== entry) void close(entry);
    else this.#closeUnused();
  }

  #closeUnused(): void {
    for (const [jobId, { users }] of this.#jobs) {
      if (this.#jobs.size <= KEPT) return;
      if (users === 0) void this.forget(jobId);
    }
  }

  async #load(jobId: JobId): Promise<OpenJob> {
    const bytes = await this.#access.objects.get(jobKey(jobId, 'manifest'));
    if (!bytes) throw new UnknownJobError(jobId);
    return new OpenJob(parseMessage(Manifest, 'manifest', new TextDecoder().decode(bytes)), this.#access);
  }
}

async function close({ job }: Entry): Promise<void> {
  await job.then((open) => open.close()).catch(() => undefined);
}
