import { JobSpec, type Shape } from '@tessera/protocol';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../src/arguments/parse.ts';
import type { RunCommand } from '../src/arguments/command.ts';
import { checkText, formulaText } from '../src/formula.ts';
import { spreadOperands, type Operand } from '../src/input/operand.ts';
import { localPlaces } from '../src/input/places.ts';
import { resultShape } from '../src/input/shapes.ts';
import { makeRequest, spaceNeeds } from '../src/job/request.ts';
import { makeSpec } from '../src/job/spec.ts';

const random = (rows: number, cols: number): Operand => ({ kind: 'random', shape: [rows, cols] });
const zarr: Operand = { kind: 'array', shape: [30, 20], dtype: 'float64', url: 'file:///a.zarr', chunk: [10, 20] };
const JOB = '20260102-030405-abcde';

function request(line: string, operands: { A: Operand; B?: Operand; C0?: Operand }) {
  const { op, job } = parseArguments(line.split(' '), '0') as RunCommand;
  return makeRequest(op, operands, { ...job, seed: '7' }, undefined, () => 0);
}
function spec(line: string, operands: { A: Operand; B?: Operand; C0?: Operand }): JobSpec {
  const names = { jobId: JOB, cluster: 'default' };
  const fleet = { workers: 2, memoryBytes: 1e9, threads: 1 };
  const made = makeSpec(request(line, operands), localPlaces('/w', JOB, undefined), fleet, names);
  expect(JobSpec.parse(made)).toEqual(made);
  return made;
}

describe('operands taken transposed', () => {
  test('are typed and stored as they are, and told to the master as the operation takes them', () => {
    const { operands } = spec('multiply --transpose-a --transpose-b A B', { A: zarr, B: random(40, 30) });
    expect(operands.A).toMatchObject({ shape: [20, 30], transposed: true, chunk: [10, 20] });
    expect(operands.B).toMatchObject({ kind: 'random', shape: [30, 40], transposed: true });
    expect(request('multiply --transpose-a A B', { A: zarr, B: random(30, 40) }).shapes).toEqual({
      A: [30, 20],
      B: [30, 40],
      C: [20, 40],
    });
  });

  test('that do not fit are spoken of as they were typed', () => {
    const fit = (A: Shape, B: Shape, a: boolean, b: boolean) => () => resultShape('multiply', { A, B }, { A: a, B: b });
    expect(fit([3, 4], [5, 6], true, false)).toThrow(
      'multiply needs as many columns in Aᵀ as rows in B, but A is 3x4 and so Aᵀ 4x3 (3 columns) and B is 5x6 (5 rows)',
    );
    expect(fit([3, 4], [5, 6], true, true)).toThrow('B is 5x6 and so Bᵀ 6x5 (6 rows)');
    expect(fit([3, 4], [5, 6], false, false)).toThrow('A is 3x4 (4 columns) and B is 5x6 (5 rows)');
    expect(fit([3, 4], [3, 6], true, false)()).toEqual([4, 6]);
  });
});

describe('a matrix that is added', () => {
  test('goes to the master with its scalars, and may be random like any other', () => {
    const line = 'multiply --alpha -2 --beta 0.5 --add 30x40 A B';
    const made = spec(line, { A: random(30, 20), B: random(20, 40), C0: random(30, 40) });
    expect(made).toMatchObject({ alpha: -2, beta: 0.5 });
    expect(made.operands.C0).toMatchObject({ shape: [30, 40], recipe: { seed: '7', operand: 2 } });
    expect(spec('multiply A B', { A: random(3, 2), B: random(2, 4) })).not.toHaveProperty('alpha');
  });

  test('must have the shape of the product', () => {
    const line = 'multiply --add 3x3 A B';
    expect(() => request(line, { A: random(3, 2), B: random(2, 4), C0: random(3, 3) })).toThrow(
      'the matrix of --add must have the shape of the product, 3x4, but is 3x3',
    );
  });

  test('needs its place on the disk, and so does what the plan stores between', () => {
    const made = request('multiply --add 3x4 A B', { A: random(3, 2), B: random(2, 4), C0: random(3, 4) });
    expect(spaceNeeds(made, '/w')).toEqual([{ folder: '/w', bytes: 8 * (6 + 8 + 12 + 12) }]);
    expect(spaceNeeds(made, '/w', 100)[0]!.bytes).toBe(8 * 38 + 100);
  });
});

describe('gram', () => {
  test('takes one operand, has no B, and gives it to the master again', () => {
    expect(spreadOperands('gram', ['A.npy'])).toEqual(['A.npy']);
    expect(() => spreadOperands('gram', ['A.npy', 'B.npy'])).toThrow('gram needs one operand, but 2 were given');
    const made = request('gram A', { A: random(20, 5) });
    expect(made.shapes).toEqual({ A: [20, 5], C: [5, 5] });
    expect(spaceNeeds(made, '/w')).toEqual([{ folder: '/w', bytes: 8 * (100 + 25) }]);
    const { operands } = spec('gram A', { A: zarr });
    expect(operands.B).toEqual(operands.A);
  });

  test('of a transposed operand is A times its transpose', () => {
    expect(request('gram --transpose-a A', { A: random(20, 5) }).shapes.C).toEqual([20, 20]);
  });
});

test('subtract takes its operands as add does', () => {
  expect(spreadOperands('subtract', ['3x4'])).toEqual(['3x4', '3x4']);
  expect(() => spreadOperands('subtract', ['A.npy'])).toThrow(/one shape or two operands/);
});

describe('formulas', () => {
  const letters = { A: 'A', B: 'B' };
  test.each([
    [{ op: 'add' }, letters, 'A + B'],
    [{ op: 'subtract' }, { A: '3x4', B: '3x4' }, '3x4 - 3x4'],
    [{ op: 'multiply' }, letters, 'A · B'],
    [{ op: 'multiply', transposed: { A: true, B: false } }, { A: '2x3', B: '2x4' }, '(2x3)ᵀ · 2x4'],
    [{ op: 'multiply', alpha: 2, beta: -0.5 }, { ...letters, C0: 'C0' }, '2 · A · B - 0.5 · C0'],
    [{ op: 'multiply', beta: -1 }, { ...letters, C0: 'C0' }, 'A · B - C0'],
    [{ op: 'gram' }, { A: 'A' }, 'Aᵀ · A'],
    [{ op: 'gram', transposed: { A: true, B: false } }, { A: 'A' }, 'A · Aᵀ'],
  ] as const)('%j', (formula, names, text) => expect(formulaText(formula, names)).toBe(text));

  test('of checks with random vectors', () => {
    expect(checkText({ op: 'multiply' }, letters)).toBe('C·r = A·(B·r)');
    expect(checkText({ op: 'gram' }, { A: 'A' })).toBe('C·r = Aᵀ·(A·r)');
    expect(checkText({ op: 'multiply', alpha: 2, beta: 3 }, { ...letters, C0: 'C0' })).toBe('C·r = 2·A·(B·r) + 3·C0·r');
  });
});
