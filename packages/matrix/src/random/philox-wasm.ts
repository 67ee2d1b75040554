import { philoxBlocks } from './philox.ts';
import type { BlockSource } from './philox.ts';

/**
 * Philox four blocks at a time in 128-bit WebAssembly SIMD, which has the 32 x 32 -> 64 bit product that JavaScript
 * lacks. The module is assembled here (webassembly.github.io/spec/core/binary/), so there is nothing to build or ship.
 */

/** Blocks that fit in the module's one page of memory, less a margin. */
export const MAX_BLOCKS = 2048;

/** The part of the WebAssembly JavaScript API that is used: TypeScript has its types in `dom` only. */
interface HasWebAssembly {
  readonly WebAssembly?: {
    validate(bytes: Uint8Array): boolean;
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { exports: { fill: Fill; memory: { buffer: ArrayBuffer } } };
  };
}

type Fill = (groups: number, low: number, high: number, c2: number, c3: number, k0: number, k1: number) => void;

/** A block source whose words live in the module's memory, or `undefined` where WebAssembly SIMD is missing. */
export function wasmSource(): { source: BlockSource; words: Uint32Array } | undefined {
  const { WebAssembly: wasm } = globalThis as HasWebAssembly;
  const bytes = assemble();
  if (!wasm?.validate(bytes)) return undefined;
  const { fill, memory } = new wasm.Instance(new wasm.Module(bytes)).exports;
  const own = new Uint32Array(memory.buffer, 0, MAX_BLOCKS * 4);
  const source: BlockSource = (words, count, first, stream) => {
    const low = first % 4294967296;
    const padded = (count + 3) & ~3;
    // The lanes count in 32 bits; a batch that crosses 2^32 is rare enough for the plain way.
    if (words !== own || padded > MAX_BLOCKS || low + padded > 4294967296)
      return philoxBlocks(words, count, first, stream);
    fill(padded >> 2, low, Math.floor(first / 4294967296), stream.c2, stream.c3, stream.k0, stream.k1);
  };
  return { source, words: own };
}

// Locals of `fill`: seven i32 parameters, then two i32, then v128.
const [GROUPS, LOW, HIGH, C2, C3, K0, K1, ROUND, AT] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const [X0, X1, X2, X3, Q0, Q1, P, Q, H, L, COUNTER, M0, M1] = [
  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
] as const;
const VECTORS = 13;

/** `\0asm`, version 1. */
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;
const LOOP = 0x03;
const BR_IF = 0x0d;
const END = 0x0b;

function assemble(): Uint8Array<ArrayBuffer> {
  const round = [
    ...set(P, low(X0, M0)),
    ...set(Q, high(X0, M0)),
    ...set(H, pick(P, Q, 1, 3, 5, 7)),
    ...set(L, pick(P, Q, 0, 2, 4, 6)),
    ...set(P, low(X2, M1)),
    ...set(Q, high(X2, M1)),
    ...set(X0, [...pick(P, Q, 1, 3, 5, 7), ...get(X1), ...xor, ...get(Q0), ...xor]),
    ...set(X1, pick(P, Q, 0, 2, 4, 6)),
    ...set(X2, [...get(H), ...get(X3), ...xor, ...get(Q1), ...xor]),
    ...set(X3, get(L)),
    ...set(Q0, [...get(Q0), ...lanes(0x9e3779b9), ...add]),
    ...set(Q1, [...get(Q1), ...lanes(0xbb67ae85), ...add]),
  ];
  const group = [
    ...set(X0, get(COUNTER)),
    ...set(X1, splat(HIGH)),
    ...set(X2, splat(C2)),
    ...set(X3, splat(C3)),
    ...set(Q0, splat(K0)),
    ...set(Q1, splat(K1)),
    ...repeat(ROUND, [0x41, 10], round),
    // From one vector per word to one per block.
    ...set(P, pick(X0, X1, 0, 4, 1, 5)),
    ...set(Q, pick(X2, X3, 0, 4, 1, 5)),
    ...set(H, pick(X0, X1, 2, 6, 3, 7)),
    ...set(L, pick(X2, X3, 2, 6, 3, 7)),
    ...store(0, pick(P, Q, 0, 1, 4, 5)),
    ...store(16, pick(P, Q, 2, 3, 6, 7)),
    ...store(32, pick(H, L, 0, 1, 4, 5)),
    ...store(48, pick(H, L, 2, 3, 6, 7)),
    ...set(COUNTER, [...get(COUNTER), ...lanes(4), ...add]),
    ...set(AT, [...get(AT), 0x41, ...signed(64), 0x6a]),
  ];
  const body = [
    2,
    2,
    I32,
    VECTORS,
    V128,
    ...set(M0, lanes(0xd2511f53)),
    ...set(M1, lanes(0xcd9e8d57)),
    ...set(COUNTER, [...splat(LOW), ...constant(0, 1, 2, 3), ...add]),
    ...repeat(GROUPS, get(GROUPS), group),
    END,
  ];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, [1, 0x60, 7, I32, I32, I32, I32, I32, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, 1, 1]),
    ...section(7, [2, ...name('fill'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** Runs `inside` as often as `count` says, which must be at least once; `local` counts down. */
function repeat(local: number, count: number[], inside: number[]): number[] {
  const step = [...get(local), 0x41, 1, 0x6b, 0x22, local, BR_IF, 0, END];
  return [...set(local, count), LOOP, EMPTY, ...inside, ...step];
}

const xor = simd(81);
const add = simd(174);

function get(local: number): number[] {
  return [0x20, local];
}

function set(local: number, value: number[]): number[] {
  return [...value, 0x21, local];
}

function splat(local: number): number[] {
  return [...get(local), ...simd(17)];
}

/** 64-bit products of the two lower lanes, and of the two upper ones. */
function low(a: number, b: number): number[] {
  return [...get(a), ...get(b), ...simd(222)];
}

function high(a: number, b: number): number[] {
  return [...get(a), ...get(b), ...simd(223)];
}

/** Four 32-bit lanes of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
function pick(a: number, b: number, ...chosen: number[]): number[] {
  return [...get(a), ...get(b), ...simd(13), ...chosen.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))];
}

function store(offset: number, value: number[]): number[] {
  return [...get(AT), ...value, ...simd(11), 4, offset];
}

function lanes(value: number): number[] {
  return constant(value, value, value, value);
}

function constant(...values: number[]): number[] {
  return [...simd(12), ...new Uint8Array(Uint32Array.from(values).buffer)];
}

function simd(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)];
}
