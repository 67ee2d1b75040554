/** Buffers that nobody uses, up to so many bytes; those of the length that was asked for longest ago are dropped first. */
export class SpareBuffers {
  readonly #most: number;
  /** By length in bytes, the one asked for last at the end. */
  readonly #byLength = new Map<number, SharedArrayBuffer[]>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(length: number): SharedArrayBuffer | undefined {
    const alike = this.#byLength.get(length);
    if (!alike) return undefined;
    this.#byLength.delete(length);
    this.#byLength.set(length, alike);
    const buffer = alike.pop();
    if (buffer) this.#bytes -= length;
    return buffer;
  }

  clear(): void {
    this.#byLength.clear();
    this.#bytes = 0;
  }

  keep(buffer: SharedArrayBuffer): void {
    const length = buffer.byteLength;
    if (length > this.#most) return;
    const alike = this.#byLength.get(length) ?? [];
    if (alike.includes(buffer)) throw new Error(`a buffer of ${length} bytes was given back twice`);
    alike.push(buffer);
    this.#byLength.set(length, alike);
    this.#bytes += length;
    for (const [other, buffers] of this.#byLength) {
      while (this.#bytes > this.#most && buffers.pop()) this.#bytes -= other;
      if (this.#bytes <= this.#most) return;
      this.#byLength.delete(other);
    }
  }
}
