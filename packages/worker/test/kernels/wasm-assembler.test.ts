import { describe, expect, it } from 'vitest';
import {
  add,
  assemble,
  i32,
  lessThan,
  load,
  multiply,
  signed,
  unsigned,
  when,
  zeroMemory,
} from '../../src/kernels/wasm-assembler.ts';
import { emitModule } from '../../src/kernels/wasm-module.ts';
import type { HasWebAssembly, WebAssemblyMemory } from '../../src/kernels/web-assembly.ts';

const { Instance, Module, validate } = (globalThis as HasWebAssembly).WebAssembly!;
const run = (bytes: Uint8Array<ArrayBuffer>) => new Instance(new Module(bytes)).exports;

describe('the assembler', () => {
  it('encodes integers as the LEB128 examples of the DWARF standard (version 4, section 7.6)', () => {
    expect([2, 127, 128, 129, 130, 12857].map(unsigned)).toEqual([
      [2],
      [0x7f],
      [0x80, 1],
      [0x81, 1],
      [0x82, 1],
      [0xb9, 0x64],
    ]);
    expect([2, -2, 127, -127, 128, -128, 129, -129].map(signed)).toEqual([
      [2],
      [0x7e],
      [0xff, 0],
      [0x81, 0x7f],
      [0x80, 1],
      [0x80, 0x7f],
      [0x81, 1],
      [0xff, 0x7e],
    ]);
  });

  it('makes functions that V8 runs', () => {
    const { polynomial, larger } = run(
      assemble(
        [
          {
            name: 'polynomial',
            parameters: ['i32'],
            result: 'i32',
            body: (_, [x]) => add(multiply(x!.get, x!.get), i32(-300)),
          },
          {
            name: 'larger',
            parameters: ['i32', 'i32'],
            result: 'i32',
            body: (_, [x, y]) => [when(lessThan(x!.get, y!.get), x!.set(y!.get)), x!.get],
          },
        ],
        0,
      ),
    ) as Record<string, (...numbers: number[]) => number>;
    expect([polynomial!(20), polynomial!(-3)]).toEqual([100, -291]);
    expect([larger!(3, 4), larger!(4, 3), larger!(-1, -2)]).toEqual([4, 4, -1]);
  });

  it('counts loops from zero in steps, and runs none for a limit of zero', () => {
    const exports = run(
      assemble(
        [
          {
            name: 'visits',
            parameters: ['i32'],
            result: 'i32',
            body(locals, [limit]) {
              const visits = locals.new('i32');
              return [
                locals.loop(limit!.get, 3, (at) => visits.set(add(multiply(visits.get, i32(10)), add(at, i32(1))))),
                visits.get,
              ];
            },
          },
        ],
        0,
      ),
    );
    const visits = exports['visits'] as (limit: number) => number;
    expect([0, 1, 3, 4, 7].map(visits)).toEqual([0, 1, 1, 14, 147]);
  });

  it('reads, writes and clears memory', () => {
    const exports = run(
      assemble(
        [
          { name: 'at', parameters: ['i32'], result: 'f64', body: (_, [address]) => load('f64', address!.get, 8) },
          {
            name: 'clear',
            parameters: ['i32', 'i32'],
            body: (_, [address, bytes]) => zeroMemory(address!.get, bytes!.get),
          },
        ],
        1,
      ),
    );
    const numbers = new Float64Array((exports['memory'] as WebAssemblyMemory).buffer);
    numbers.set([1, 2, 3, 4]);
    expect((exports['at'] as (address: number) => number)(16)).toBe(4);
    (exports['clear'] as (address: number, bytes: number) => void)(8, 16);
    expect([...numbers.subarray(0, 4)]).toEqual([1, 0, 0, 4]);
  });
});

describe('the kernel’s module', () => {
  it.each([
    ['float64', true],
    ['float64', false],
    ['float32', true],
    ['float32', false],
  ] as const)('is valid, small and the same every time: %s, relaxed %s', (dtype, relaxed) => {
    const bytes = emitModule({ dtype, relaxed, pages: 4 });
    expect(validate(bytes)).toBe(true);
    expect(bytes.length).toBeLessThan(4096);
    expect(emitModule({ dtype, relaxed, pages: 4 })).toEqual(bytes);
  });
});
