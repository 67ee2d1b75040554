/** Tells free from taken parts of a range of numbers [0, length): the first that is large enough is given. */
export class Room {
  /** Free parts in order, none of which touches the next. */
  readonly #free: { at: number; length: number }[];

  constructor(length: number) {
    this.#free = [{ at: 0, length }];
  }

  /** Where `length` numbers are free, which are then taken; undefined where there are not so many in a row. */
  take(length: number): number | undefined {
    const index = this.#free.findIndex((part) => part.length >= length);
    const part = this.#free[index];
    if (!part) return undefined;
    const { at } = part;
    part.at += length;
    part.length -= length;
    if (part.length === 0) this.#free.splice(index, 1);
    return at;
  }

  /** Takes back what `take` gave. */
  giveBack(at: number, length: number): void {
    const found = this.#free.findIndex((part) => part.at > at);
    const index = found < 0 ? this.#free.length : found;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    const touchesAfter = after && at + length === after.at;
    if (before && before.at + before.length === at) {
      before.length += length + (touchesAfter ? after.length : 0);
      if (touchesAfter) this.#free.splice(index, 1);
    } else if (touchesAfter) {
      after.at = at;
      after.length += length;
    } else this.#free.splice(index, 0, { at, length });
  }
}
