import { openKernel } from '../../src/kernels/index.ts';
import { testKernel } from './contract.ts';

await testKernel('blas', () => openKernel('blas', { threads: 1, log: () => {} }), { dtypes: ['float64', 'float32'] });
