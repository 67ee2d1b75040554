export { checkElementWise, checkGemm } from './check-job.ts';
export { KernelFailed, KernelInputError, KernelUsageError } from './errors.ts';
export { dtypeOf, isGemm, isUnavailable } from './kernel.ts';
export type {
  Dtype,
  Elements,
  ElementWise,
  Gemm,
  Kernel,
  KernelLog,
  KernelName,
  KernelOperation,
  KernelRate,
  KernelUnavailable,
} from './kernel.ts';
export { loadKoffi } from './koffi.ts';
export type { Koffi } from './koffi.ts';
export { openKernel } from './open.ts';
export type { OpenKernelOptions } from './open.ts';
export { chooseKernels } from './choose.ts';
export type { ChooseOptions, KernelChoice } from './choose.ts';
export { assertKernelSupports } from './usage.ts';
export { diagnoseKernels } from './diagnose.ts';
export type { DiagnoseOptions, KernelDiagnosis } from './diagnose.ts';
export { mayHaveGpu } from './gpu-presence.ts';
