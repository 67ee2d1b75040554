import { ChunkChecksums, gridOf } from '@tessera/matrix';
import type { ArrayDeclaration, Certificate, Checksums, Result } from '@tessera/protocol';
import { MatrixChangedError } from './errors.ts';

type Done = Extract<Result, { status: 'done' }>;

/** What results say that a certificate tells: by whom and with what C was computed and checked, and what the checks read. */
export class Evidence {
  #checks: Certificate['verification']['checks'] = [];
  readonly workers: Certificate['workers'] = {};
  readonly #checksums = new Map<string, Checksums[]>();

  get checks(): Certificate['verification']['checks'] {
    return this.#checks;
  }

  /** Takes one package's first answer. */
  add({ packageId, worker, bundle, node, kernel, check, checksums }: Done): void {
    const known = (this.workers[worker] ??= { bundle, ...(node === undefined ? {} : { node }), kernels: [] });
    if (kernel && !known.kernels.some(({ name, detail }) => name === kernel.name && detail === kernel.detail)) {
      known.kernels.push({ name: kernel.name, detail: kernel.detail });
    }
    if (check) {
      const { ok, worst, residual, tolerance } = check;
      this.#checks.push({
        packageId,
        worker,
        ok,
        worst,
        ...(residual === undefined ? {} : { residual }),
        ...(tolerance === undefined ? {} : { tolerance }),
      });
    }
    if (checksums) this.#noted(packageId).push(...checksums);
  }

  /** Takes the checksum of a chunk that the master itself read for a package's check. */
  note(packageId: string, array: string, index: number, crc32c: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(crc32c);
    this.#noted(packageId).push({ array, first: index, crc32c: bytes.toString('base64') });
  }

  /** Leaves out what a package said and read: it is checked again. */
  forget(packageId: string): void {
    this.#checks = this.#checks.filter((check) => check.packageId !== packageId);
    this.#checksums.delete(packageId);
  }

  /**
   * The hash of an array as the checks read it; undefined where they did not meet all of its chunks whole.
   * @throws MatrixChangedError when two reads of one chunk were not the same
   */
  sha256(name: string, { shape, chunk, hashChunk = chunk }: ArrayDeclaration): string | undefined {
    const noted = [...this.#checksums.values()].flat().filter(({ array }) => array === name);
    const bytesNoted = noted.reduce((sum, { crc32c }) => sum + Buffer.byteLength(crc32c, 'base64'), 0);
    const [rows, cols] = gridOf(shape, hashChunk);
    // An array may have more chunks than there is memory for their checksums; then workers noted none.
    if (bytesNoted < 4 * rows * cols) return undefined;
    const all = new ChunkChecksums(shape, hashChunk);
    for (const { first, crc32c } of noted) {
      const bytes = Buffer.from(crc32c, 'base64');
      for (let at = 0; 4 * at + 4 <= bytes.length; at++) {
        if (!all.set(first + at, bytes.readUInt32LE(4 * at))) throw new MatrixChangedError(name, first + at);
      }
    }
    return all.sha256();
  }

  #noted(packageId: string): Checksums[] {
    let noted = this.#checksums.get(packageId);
    if (!noted) this.#checksums.set(packageId, (noted = []));
    return noted;
  }
}
