import { StringDecoder } from 'node:string_decoder';

/** Keeps the beginning of an output: its first `limit` characters, whatever the chunks that it comes in. */
export class OutputCapture {
  readonly #limit: number;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(chunk: Buffer): void {
    if (this.#truncated) return;
    this.#text += this.#decoder.write(chunk);
    if (this.#text.length > this.#limit) {
      this.#text = this.#text.slice(0, this.#limit).toWellFormed();
      this.#truncated = true;
    }
  }

  /** All that was kept; with the agent's own mark when there was more. */
  content(limit = this.#limit): string {
    if (!this.#truncated && this.#text.length <= limit) return this.#text;
    return `${this.#text.slice(0, Math.max(0, limit - truncationMark.length)).toWellFormed()}${truncationMark}`;
  }
}

const truncationMark = '\n---Output truncated---';
