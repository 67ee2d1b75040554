import { allocateTile, createZarrIn, memoryStore, wholeRegion, type MatrixArray, type Tile } from '@tessera/matrix';
import { PROTOCOL_VERSION, type DType, type Manifest, type PackageBody, type Shape } from '@tessera/protocol';
import type { Gemm, Kernel } from '../../src/kernels/index.ts';
import { openLoops } from '../../src/kernels/loops.ts';
import { OpenJob, type Outcome } from '../../src/index.ts';
import { Turn } from '../../src/loop/turn.ts';
import { doPackage } from './one-package.ts';

/** A job whose arrays are in memory, and one worker's way to do its packages. */
export interface JobInMemory {
  /** Makes an array of the job, or takes the one of that name, and fills it with `at(row, col)`. */
  array(name: string, shape: Shape, at?: (row: number, col: number) => number, chunk?: Shape): Promise<MatrixArray>;
  read(name: string): Promise<Tile>;
  run(body: PackageBody): Promise<Outcome & { readonly bytesRead: number }>;
  close(): Promise<void>;
}

/**
 * @param told what happens, in order: `read A 0,8` and `write C 0,0` when they begin, `wrote C 0,0`, `computing 0` and
 *   `computed 0` for each call of the kernel; each takes a few turns of the event loop then
 * @param multiplier is closed with the job
 */
export function jobInMemory(
  dtype: DType = 'float64',
  told?: (event: string) => void,
  multiplier: Kernel = openLoops({ threads: 1 }),
): JobInMemory {
  const arrays = new Map<string, MatrixArray>();
  const manifest: Manifest = {
    v: PROTOCOL_VERSION,
    jobId: 'test-1',
    op: 'multiply',
    dtype,
    kernel: 'loops',
    workspace: 'file:///w',
    arrays: {},
    texts: {},
  };
  const job = new OpenJob(manifest, {
    objects: memoryStore(),
    openArray: async ({ url }) => arrays.get(url)!,
    openWorkspace: async () => memoryStore(),
    context: {},
  });
  let calls = 0;
  const kernel = {
    ...multiplier,
    async gemm(task: Gemm) {
      const call = calls++;
      told?.(`computing ${call}`);
      await multiplier.gemm(task);
      if (told) await turns(50);
      told?.(`computed ${call}`);
    },
  };
  const turn = new Turn();
  return {
    async array(name, shape, at, chunk = shape) {
      const url = `file:///w/${name}.zarr`;
      const array =
        arrays.get(url) ??
        (await createZarrIn(memoryStore(), name, { shape, dtype: name === 'Y' ? 'float64' : dtype, chunk }));
      if (at) {
        const tile = allocateTile(dtype, ...shape);
        for (let row = 0; row < shape[0]; row++)
          for (let col = 0; col < shape[1]; col++) tile.data[row * shape[1] + col] = at(row, col);
        await array.write(wholeRegion(shape), tile);
      }
      arrays.set(url, told ? telling(name, array, told) : array);
      manifest.arrays[name] = { url, shape, dtype, chunk };
      return array;
    },
    async read(name) {
      const array = arrays.get(`file:///w/${name}.zarr`)!;
      return array.read(wholeRegion(array.shape));
    },
    run: (body) => doPackage(body, { job, kernel, turn }),
    close: () => multiplier.close(),
  };
}

function telling(name: string, array: MatrixArray, told: (event: string) => void): MatrixArray {
  return {
    ...array,
    async read(region, options) {
      told(`read ${name} ${region.row},${region.col}`);
      await turns(5);
      return array.read(region, options);
    },
    async write(region, tile, options) {
      told(`write ${name} ${region.row},${region.col}`);
      await turns(20);
      await array.write(region, tile, options);
      told(`wrote ${name} ${region.row},${region.col}`);
    },
  };
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise((resolve) => setImmediate(resolve));
}
