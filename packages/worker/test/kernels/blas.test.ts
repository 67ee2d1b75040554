import { openKernel } from '../../src/kernels/index.ts';
import { testKernel } from './contract.ts';

for (const threads of [1, 3])
  await testKernel(
    `blas with ${threads} of its calls under way`,
    () => openKernel('blas', { threads, log: () => {} }),
    {
      dtypes: ['float64', 'float32'],
    },
  );
