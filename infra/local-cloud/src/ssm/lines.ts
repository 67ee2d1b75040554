const newline = 0x0a;
/** CloudWatch Logs takes no event above 256 KiB (its quotas page), the event's own 26 bytes included. */
const longestLineBytes = 255 * 1024;

/**
 * Cuts an output into lines as it comes. Bytes wait until their line is complete, so characters of several bytes never
 * come apart; a line that is too long for one event is cut between two characters.
 */
export class LineSplitter {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  /** The lines that this chunk completes, without their line feeds. */
  write(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#hold(chunk.subarray(start, end), lines);
      lines.push(this.#release());
      start = end + 1;
    }
    this.#hold(chunk.subarray(start), lines);
    return lines;
  }

  /** What is left when the output ends in the middle of a line. */
  end(): string[] {
    return this.#waitingBytes > 0 ? [this.#release()] : [];
  }

  #hold(bytes: Buffer, lines: string[]): void {
    if (bytes.length === 0) return;
    // The chunk's memory belongs to the stream that it came from.
    this.#waiting.push(Buffer.from(bytes));
    this.#waitingBytes += bytes.length;
    while (this.#waitingBytes > longestLineBytes) {
      const all = Buffer.concat(this.#waiting);
      let cut = longestLineBytes;
      while (cut > longestLineBytes - 4 && (all[cut]! & 0xc0) === 0x80) cut--;
      lines.push(all.toString('utf8', 0, cut));
      this.#waiting = [all.subarray(cut)];
      this.#waitingBytes = all.length - cut;
    }
  }

  #release(): string {
    const line = Buffer.concat(this.#waiting).toString('utf8');
    this.#waiting = [];
    this.#waitingBytes = 0;
    return line;
  }
}
