import { KernelInputError } from './errors.ts';
import type { ElementWise, Elements, Gemm } from './kernel.ts';

/** @throws KernelInputError unless every view of the job lies inside its array and all arrays have one type. */
export function checkGemm(job: Gemm): void {
  const { m, n, k, transA, transB } = job;
  for (const [name, size] of Object.entries({ m, n, k })) checkSize(name, size);
  checkTypes(job.a, job.b, job.c);
  checkView('A', job.a, job.aOffset, job.lda, transA ? k : m, transA ? m : k);
  checkView('B', job.b, job.bOffset, job.ldb, transB ? n : k, transB ? k : n);
  checkView('C', job.c, job.cOffset, job.ldc, m, n);
}

/** @throws KernelInputError unless every view of the job lies inside its array and all arrays have one type. */
export function checkElementWise(job: ElementWise): void {
  const { rows, cols } = job;
  for (const [name, size] of Object.entries({ rows, cols })) checkSize(name, size);
  checkTypes(job.a, job.b, job.c);
  checkView('A', job.a, job.aOffset, job.lda, rows, cols);
  checkView('B', job.b, job.bOffset, job.ldb, rows, cols);
  checkView('C', job.c, job.cOffset, job.ldc, rows, cols);
}

/** 2^31 - 1, the largest dimension and stride that a BLAS with 32-bit integers takes. */
const largestSize = 0x7fff_ffff;

function checkSize(name: string, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > largestSize)
    throw new KernelInputError(name, `${name} must be an integer from 0 to ${largestSize}, not ${size}`);
}

function checkTypes(a: Elements, b: Elements, c: Elements): void {
  if (a.constructor !== c.constructor || b.constructor !== c.constructor)
    throw new KernelInputError(
      'dtype',
      `A, B and C must have one element type, not ${a.constructor.name}, ${b.constructor.name} and ${c.constructor.name}`,
    );
}

function checkView(name: string, elements: Elements, offset: number, stride: number, rows: number, cols: number): void {
  checkSize(
    `offset of ${name}`,
    offset === 0 || !Number.isSafeInteger(offset) ? offset : Math.min(offset, largestSize),
  );
  checkSize(`stride of ${name}`, stride);
  if (rows === 0 || cols === 0) return;
  if (stride < cols)
    throw new KernelInputError(name, `${name} has rows of ${cols} elements but a stride of only ${stride}`);
  const end = offset + (rows - 1) * stride + cols;
  if (end > elements.length)
    throw new KernelInputError(
      name,
      `${name} (${rows}×${cols}, stride ${stride}, offset ${offset}) needs ${end} elements but its array has ${elements.length}`,
    );
}
