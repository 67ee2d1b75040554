import { openKernel } from '../../src/kernels/index.ts';
import { testKernel } from './contract.ts';

await testKernel('loops', () => openKernel('loops', { threads: 1, log: () => {} }), { dtypes: ['float64', 'float32'] });
await testKernel('loops on two threads', () => openKernel('loops', { threads: 2, log: () => {} }), {
  dtypes: ['float64'],
});
