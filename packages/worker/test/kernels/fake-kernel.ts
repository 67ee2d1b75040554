import type { ElementWise, Gemm, Kernel, KernelName } from '../../src/kernels/kernel.ts';

/** A kernel that only notes what it was asked and advances a fake clock by what that would take. */
export class FakeKernel implements Kernel {
  readonly name: KernelName;
  readonly detail: string;
  readonly jobs: (Gemm | ElementWise)[] = [];
  closed = 0;
  readonly #compute: (job: Gemm | ElementWise) => void;

  constructor(name: KernelName, compute: (job: Gemm | ElementWise) => void = () => {}) {
    this.name = name;
    this.detail = `fake ${name}`;
    this.#compute = compute;
  }

  supports(): boolean {
    return true;
  }

  async gemm(job: Gemm): Promise<void> {
    this.jobs.push(job);
    this.#compute(job);
  }

  async add(job: ElementWise): Promise<void> {
    this.jobs.push(job);
    this.#compute(job);
  }

  workspaceBytes(): number {
    return 0;
  }

  async close(): Promise<void> {
    this.closed++;
  }
}
