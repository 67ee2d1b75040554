import { moduleBytes } from './module-bytes.ts';

/**
 * The WebAssembly module whose source is in `assembly/`, and its memory: the tables that it expects, then room for a piece
 * of text and for the numbers that are made of it or written as it. There is one per thread; calls are synchronous, so
 * whoever calls has it for itself until it returns.
 */
export interface CsvModule extends Functions {
  /** Where the text and the numbers are in the memory. */
  readonly text: number;
  readonly numbers: number;
  /** The whole memory; `reserve` may replace it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Makes room for so many bytes of text and of numbers, and for what the functions may touch beyond them. */
  reserve(textBytes: number, numberBytes: number): void;
}

/** See `assembly/rows.ts` and `assembly/format.ts`. Addresses are bytes from the memory's start. */
interface Functions {
  readonly at: Global;
  readonly column: Global;
  readonly place: Global;
  readonly rows: Global;
  readonly rowsEnd: Global;
  start(text: number, firstColumn: number, numbers: number): void;
  check(end: number, until: number, delimiter: number, columns: number): number;
  parse64(end: number, delimiter: number, columns: number, most: number, resumed: boolean): number;
  parse32(end: number, delimiter: number, columns: number, most: number, resumed: boolean): number;
  format64(numbers: number, count: number, column: number, columns: number, text: number): number;
  format32(numbers: number, count: number, column: number, columns: number, text: number): number;
}

interface Global {
  readonly value: number;
}

/** What ends a walk over cells (`assembly/rows.ts`). */
export const ENDED = { done: 0, cell: 1, ragged: 2 } as const;

/** More than any function reads or writes after a text. */
const SLACK = 64;
const WASM_PAGE = 65536;

/** The part of the WebAssembly JavaScript API that is used: TypeScript has its types in `dom` only. */
interface HasWebAssembly {
  readonly WebAssembly?: {
    validate(bytes: Uint8Array): boolean;
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { exports: Exports };
  };
}

interface Exports extends Functions {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly FREE: Global;
  readonly INTEGERS: Global;
  readonly DOUBLES: Global;
  readonly POWERS: Global;
  readonly LEAST_POWER: Global;
  readonly GREATEST_POWER: Global;
}

let made: { module: CsvModule | undefined } | undefined;

/** Made when first asked for; `undefined` where WebAssembly SIMD is missing. */
export function csvModule(): CsvModule | undefined {
  return (made ??= { module: makeModule() }).module;
}

function makeModule(): CsvModule | undefined {
  const { WebAssembly: wasm } = globalThis as HasWebAssembly;
  const code = Buffer.from(moduleBytes, 'base64');
  if (!wasm?.validate(code)) return undefined;
  const { exports } = new wasm.Instance(new wasm.Module(code));
  const { memory } = exports;
  fillTables(exports);
  const text = exports.FREE.value;
  let numbers = text;
  let bytes = new Uint8Array(memory.buffer);
  return {
    ...exports,
    text,
    get numbers() {
      return numbers;
    },
    get bytes() {
      return bytes;
    },
    reserve(textBytes, numberBytes) {
      numbers = Math.max(numbers, (text + textBytes + SLACK + 7) & ~7);
      const missing = numbers + numberBytes - bytes.byteLength;
      if (missing <= 0) return;
      memory.grow(Math.ceil(missing / WASM_PAGE));
      bytes = new Uint8Array(memory.buffer);
    },
  };
}

/** The powers of ten, exactly, from big integers; a millisecond or two. */
function fillTables({ memory, INTEGERS, DOUBLES, POWERS, LEAST_POWER, GREATEST_POWER }: Exports): void {
  const integers = new BigUint64Array(memory.buffer, INTEGERS.value, 20);
  const doubles = new Float64Array(memory.buffer, DOUBLES.value, 23);
  const powers = new BigUint64Array(memory.buffer, POWERS.value, 2 * (GREATEST_POWER.value - LEAST_POWER.value + 1));
  integers.forEach((_, n) => (integers[n] = 10n ** BigInt(n)));
  doubles.forEach((_, n) => (doubles[n] = Number(10n ** BigInt(n))));
  const put = (n: number, leading: bigint) => {
    const place = 2 * (n - LEAST_POWER.value);
    powers[place] = leading >> 64n;
    powers[place + 1] = BigInt.asUintN(64, leading);
  };
  // 10^n and 5^n have the same leading bits.
  for (let n = 0, power = 1n, length = 1; n <= GREATEST_POWER.value; n++, power *= 5n) {
    while (power >> BigInt(length) > 0n) length++;
    put(n, length <= 128 ? power << BigInt(128 - length) : power >> BigInt(length - 128));
  }
  for (let n = -1, power = 5n, length = 3; n >= LEAST_POWER.value; n--, power *= 5n) {
    while (power >> BigInt(length) > 0n) length++;
    // 2^(length - 1) < 5^-n < 2^length, so the quotient has 128 bits.
    put(n, (1n << BigInt(length + 127)) / power);
  }
}
