/** Which worker answered each package of a phase, in a few bytes for each. */
export class Authors {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  /** For each package 1 + the number of its worker, 0 where nobody answered yet. */
  readonly #authorOf: Uint32Array;

  constructor(packages: number) {
    this.#authorOf = new Uint32Array(packages);
  }

  note(index: number, worker: string): void {
    let number = this.#numbers.get(worker);
    if (number === undefined) {
      number = this.#names.push(worker);
      this.#numbers.set(worker, number);
    }
    this.#authorOf[index] = number;
  }

  of(index: number): string | undefined {
    return this.#names[this.#authorOf[index]! - 1];
  }
}
