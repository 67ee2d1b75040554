import type { OperationName } from '@tessera/protocol';

/** What of an operation is written down. */
export interface Formula {
  readonly op: OperationName;
  readonly transposed?: { readonly A: boolean; readonly B: boolean } | undefined;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
}

/** What stands for each matrix: its letter, or its shape as it was typed. */
export interface FormulaNames {
  readonly A: string;
  readonly B?: string | undefined;
  readonly C0?: string | undefined;
}

/** Letters for the matrices that a job has. */
export function lettersOf(shapes: { readonly B?: unknown; readonly C0?: unknown }): FormulaNames {
  return {
    A: 'A',
    ...(shapes.B === undefined ? {} : { B: 'B' }),
    ...(shapes.C0 === undefined ? {} : { C0: 'C0' }),
  };
}

/** The right side of `C = …`: `A + B`, `2 · Aᵀ · B - 0.5 · C0`, `(2000x500)ᵀ · 2000x500`. */
export function formulaText(formula: Formula, names: FormulaNames): string {
  const [left, right] = factors(formula, names);
  switch (formula.op) {
    case 'add':
      return `${left} + ${right}`;
    case 'subtract':
      return `${left} - ${right}`;
    case 'multiply':
    case 'gram':
      return `${scale(formula.alpha)}${left} · ${right}${addend(formula, names)}`;
  }
}

/** What a product's check with random vectors r compares. */
export function checkText(formula: Formula, names: FormulaNames): string {
  const [left, right] = factors(formula, names);
  const times = scale(formula.alpha).replaceAll(' ', '');
  const plus = names.C0 === undefined ? '' : `${addend(formula, names).replace(' · ', '·')}·r`;
  return `C·r = ${times}${left}·(${right}·r)${plus}`;
}

function factors({ op, transposed }: Formula, { A, B }: FormulaNames): readonly [string, string] {
  const a = transposed?.A === true;
  if (op === 'gram') return a ? [A, flipped(A)] : [flipped(A), A];
  return [a ? flipped(A) : A, transposed?.B === true ? flipped(B ?? '') : (B ?? '')];
}

function flipped(name: string): string {
  return name.length > 2 ? `(${name})ᵀ` : `${name}ᵀ`;
}

function scale(by: number | undefined): string {
  return by === undefined || by === 1 ? '' : `${by} · `;
}

function addend({ beta = 1 }: Formula, { C0 }: FormulaNames): string {
  if (C0 === undefined) return '';
  return beta < 0 ? ` - ${scale(-beta)}${C0}` : ` + ${scale(beta)}${C0}`;
}
