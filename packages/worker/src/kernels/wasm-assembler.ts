/**
 * As much of a WebAssembly assembler as the kernels need: expressions are trees of bytes, built inside out, so that
 * `store('f64', address, add(load('f64', a), load('f64', b)))` reads like what it does. Opcodes are those of the
 * WebAssembly core specification 3.0, section 5.4 (binary format, instructions), which includes relaxed SIMD.
 */
export type Code = readonly (number | Code)[];

export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

const valueTypes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f64: 0x7c, f32: 0x7d, v128: 0x7b };

/** Unsigned LEB128 (section 5.2.2). */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    const last = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

export const i32 = (value: number): Code => [0x41, ...signed(value)];

const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [left, right, opcode];
export const add = binary(0x6a);
export const multiply = binary(0x6c);
export const lessThan = binary(0x48);
export const equal = binary(0x46);
export const and = binary(0x71);

export const seq = (...codes: readonly Code[]): Code => codes;

const loads = { f32: 0x2a, f64: 0x2b } as const;
const stores = { f32: 0x38, f64: 0x39 } as const;
/** log2 of the size: the alignment hint of an access. */
const alignments = { f32: 2, f64: 3 } as const;
type Real = keyof typeof loads;

export const load = (type: Real, address: Code, offset = 0): Code => [
  address,
  loads[type],
  alignments[type],
  ...unsigned(offset),
];
export const store = (type: Real, address: Code, value: Code, offset = 0): Code => [
  address,
  value,
  stores[type],
  alignments[type],
  ...unsigned(offset),
];

const simd = (opcode: number, ...rest: readonly number[]): Code => [0xfd, ...unsigned(opcode), ...rest];

export const loadVector = (address: Code, offset = 0): Code => [address, simd(0x00, 4, ...unsigned(offset))];
export const storeVector = (address: Code, value: Code, offset = 0): Code => [
  address,
  value,
  simd(0x0b, 4, ...unsigned(offset)),
];
/** Loads one number into every lane. */
export const loadSplat = (type: Real, address: Code, offset = 0): Code => [
  address,
  simd(type === 'f64' ? 0x0a : 0x09, alignments[type], ...unsigned(offset)),
];
export const zeroVector: Code = simd(0x0c, ...Array.from({ length: 16 }, () => 0));
export const splat = (type: Real, value: Code): Code => [value, simd(type === 'f64' ? 0x14 : 0x13)];
export const firstLane = (type: Real, value: Code): Code => [value, simd(type === 'f64' ? 0x21 : 0x1f, 0)];
export const absolute = (type: Real, value: Code): Code => [value, simd(type === 'f64' ? 0xec : 0xe0)];
export const addVectors = (type: Real, left: Code, right: Code): Code => [
  left,
  right,
  simd(type === 'f64' ? 0xf0 : 0xe4),
];
export const multiplyVectors = (type: Real, left: Code, right: Code): Code => [
  left,
  right,
  simd(type === 'f64' ? 0xf2 : 0xe6),
];
/** a·b + c, rounded once where the processor can, twice elsewhere: `relaxed_madd`. */
export const multiplyAdd = (type: Real, a: Code, b: Code, c: Code): Code => [
  a,
  b,
  c,
  simd(type === 'f64' ? 0x107 : 0x105),
];

/** memory.fill(address, 0, bytes). */
export const zeroMemory = (address: Code, bytes: Code): Code => [address, ...i32(0), ...bytes, 0xfc, 11, 0];

export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  condition,
  0x04,
  0x40,
  then,
  otherwise.length > 0 ? [0x05, otherwise] : [],
  0x0b,
];

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** Hands out the locals of one function; parameters come first. */
export class Locals {
  readonly types: ValueType[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  new(type: ValueType): Local {
    this.types.push(type);
    return local(this.#parameters + this.types.length - 1);
  }

  /** `for (counter = 0; counter < limit; counter += step) body`; the limit is evaluated each time. */
  loop(limit: Code, step: number, body: (counter: Code) => Code): Code {
    const counter = this.new('i32');
    const next = counter.set(add(counter.get, i32(step)));
    return [
      counter.set(i32(0)),
      when(lessThan(counter.get, limit), [
        0x03, // loop
        0x40,
        body(counter.get),
        next,
        lessThan(counter.get, limit),
        0x0d, // br_if to the loop's start
        0,
        0x0b,
      ]),
    ];
  }
}

const local = (index: number): Local => ({
  get: [0x20, ...unsigned(index)],
  set: (value) => [value, 0x21, ...unsigned(index)],
});

export interface FunctionSource {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  body(locals: Locals, parameters: readonly Local[]): Code;
}

/** A module of exported functions, with an exported memory of `pages` 64 KiB pages (sections: 5.5). */
export function assemble(functions: readonly FunctionSource[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(parameters.map((type) => [valueTypes[type]])),
    ...vector(result ? [[valueTypes[result]]] : []),
  ]);
  const bodies = functions.map(({ parameters, body }) => {
    const locals = new Locals(parameters.length);
    const code = body(
      locals,
      parameters.map((_, index) => local(index)),
    );
    const declared = vector(locals.types.map((type) => [1, valueTypes[type]]));
    return sized([...declared, ...flat(code), 0x0b]);
  });
  const exported = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  if (pages > 0) exported.push([...text('memory'), 2, 0]);
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...(pages > 0 ? section(5, vector([[1, ...unsigned(pages), ...unsigned(pages)]])) : []),
    ...section(7, vector(exported)),
    ...section(10, vector(bodies)),
  ]);
}

type Bytes = readonly number[];
const sized = (bytes: Bytes): Bytes => [...unsigned(bytes.length), ...bytes];
const vector = (items: readonly Bytes[]): Bytes => [...unsigned(items.length), ...items.flat()];
const section = (id: number, bytes: Bytes): Bytes => [id, ...sized(bytes)];
const text = (name: string): Bytes => sized([...new TextEncoder().encode(name)]);

/** The bytes of a tree of code, in order. */
function flat(code: Code, bytes: number[] = []): number[] {
  for (const part of code)
    if (typeof part === 'number') bytes.push(part);
    else flat(part, bytes);
  return bytes;
}
