import {
  absolute,
  add,
  addVectors,
  assemble,
  i32,
  loadVector,
  multiply,
  multiplyVectors,
  seq,
  storeVector,
  zeroVector,
  type Code,
  type FunctionSource,
  type Local,
} from '../../kernels/wasm-assembler.ts';
import type { HasWebAssembly, WebAssemblyMemory } from '../../kernels/web-assembly.ts';

/** Vectors that one pass over a row is multiplied with: each has two sums under way, which are registers. */
export const MOST_VECTORS = 4;
/** Elements of a step: rows and vectors are padded with zeros to a multiple of it. */
export const STEP = 4;

/**
 * Functions over `rows` rows of doubles from address `data` on, each `bytes` long. Every sum is left as its two halves, one
 * after another from `out` on; where there are vectors they follow each other from `vectors` on, `bytes` long too.
 */
export interface StripSumsModule {
  readonly memory: WebAssemblyMemory;
  /** Each row with each of `count` vectors, 1 to `MOST_VECTORS`. */
  times(count: number, data: number, rows: number, bytes: number, vectors: number, out: number): void;
  /** Each row with itself. */
  squares(data: number, rows: number, bytes: number, vectors: number, out: number): void;
  /** Each row's absolute values with one vector. */
  sizes(data: number, rows: number, bytes: number, vectors: number, out: number): void;
}

type Sums = (data: number, rows: number, bytes: number, vectors: number, out: number) => void;

/** @param pages of 64 KiB. @returns undefined where the engine has no WebAssembly SIMD */
export function openStripSums(pages: number): StripSumsModule | undefined {
  const { WebAssembly: wasm } = globalThis as HasWebAssembly;
  const counts = Array.from({ length: MOST_VECTORS }, (_, index) => index + 1);
  const code = assemble(
    [
      ...counts.map((count) =>
        sums(`times${count}`, count, (element, other) => multiplyVectors('f64', element, other)),
      ),
      sums('squares', 0, (element) => multiplyVectors('f64', element, element)),
      sums('sizes', 1, (element, other) => multiplyVectors('f64', absolute('f64', element), other)),
    ],
    pages,
  );
  if (!wasm?.validate(code)) return undefined;
  const { exports } = new wasm.Instance(new wasm.Module(code));
  const times = counts.map((count) => exports[`times${count}`] as Sums);
  return {
    memory: exports['memory'] as WebAssemblyMemory,
    times: (count, ...rest) => times[count - 1]!(...rest),
    squares: exports['squares'] as Sums,
    sizes: exports['sizes'] as Sums,
  };
}

/** One sum a row for each vector, or one alone where there is none. */
function sums(name: string, vectors: number, term: (element: Code, other: Code) => Code): FunctionSource {
  return {
    name,
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32'],
    body(locals, parameters) {
      const [data, rows, bytes, firstVector, out] = parameters as [Local, Local, Local, Local, Local];
      const others = Array.from({ length: vectors }, () => locals.new('i32'));
      const halves = Array.from(
        { length: Math.max(1, vectors) },
        () => [locals.new('v128'), locals.new('v128')] as const,
      );
      const elements = [locals.new('v128'), locals.new('v128')] as const;
      return seq(
        ...others.map((other, index) => other.set(add(firstVector.get, multiply(bytes.get, i32(index))))),
        locals.loop(rows.get, 1, () =>
          seq(
            ...halves.flat().map((half) => half.set(zeroVector)),
            locals.loop(bytes.get, STEP * Float64Array.BYTES_PER_ELEMENT, (at) =>
              seq(
                ...elements.map((element, part) => element.set(loadVector(add(data.get, at), 16 * part))),
                ...halves.flatMap((pair, index) =>
                  pair.map((half, part) => {
                    const other = others[index];
                    const loaded: Code = other ? loadVector(add(other.get, at), 16 * part) : [];
                    return half.set(addVectors('f64', half.get, term(elements[part]!.get, loaded)));
                  }),
                ),
              ),
            ),
            ...halves.map(([one, two], index) => storeVector(out.get, addVectors('f64', one.get, two.get), 16 * index)),
            out.set(add(out.get, i32(16 * halves.length))),
            data.set(add(data.get, bytes.get)),
          ),
        ),
      );
    },
  };
}
