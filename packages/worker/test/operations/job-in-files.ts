import { createArray, memoryStore, openArray, wholeRegion, type Elements, type MapFile } from '@tessera/matrix';
import { PROTOCOL_VERSION, type ArrayDeclaration, type Manifest, type PackageBody } from '@tessera/protocol';
import { OpenJob, type Outcome } from '../../src/index.ts';
import type { Kernel } from '../../src/kernels/index.ts';
import { Turn } from '../../src/loop/turn.ts';
import { doPackage } from './one-package.ts';

/** A job whose arrays are files, and how its packages are done. */
export interface JobInFiles {
  readonly arrays: Readonly<Record<string, ArrayDeclaration>>;
  /** Those that are made first. */
  readonly made: readonly string[];
  readonly kernel: Kernel;
  /** How files are mapped; without it they are read. */
  readonly mapFile?: MapFile | undefined;
}

/** What packages left: the elements of C, their outcomes, and the arrays that were read by copying. */
export interface Done {
  readonly data: Elements;
  readonly outcomes: readonly Outcome[];
  readonly read: readonly string[];
}

/** A, B, C and a check's Y for square matrices of `side`, in chunks of `chunk`. */
export function squares(urlOf: (name: string) => string, side: number, chunk: number): JobInFiles['arrays'] {
  const array = (name: string, cols = side): ArrayDeclaration => ({
    url: urlOf(name),
    shape: [side, cols],
    dtype: 'float64',
    chunk: [chunk, Math.min(cols, chunk)],
  });
  return { A: array('A'), B: array('B'), C: array('C'), Y: array('Y', 3) };
}

/** Does packages one after another. */
export async function doPackages(bodies: readonly PackageBody[], { arrays, made, kernel, mapFile }: JobInFiles) {
  for (const name of made) await (await createArray(arrays[name]!.url, arrays[name]!)).close();
  const manifest: Manifest = {
    v: PROTOCOL_VERSION,
    jobId: 'test-1',
    op: 'multiply',
    dtype: 'float64',
    kernel: 'loops',
    workspace: 'file:///w',
    arrays: { ...arrays },
    texts: {},
  };
  const read = new Set<string>();
  const job = new OpenJob(manifest, {
    objects: memoryStore(),
    openArray: async (declared) => {
      const opened = await openArray(declared.url, { mapFile });
      return {
        ...opened,
        read: (region, options) => {
          const [name] = Object.entries(arrays).find(([, { url }]) => url === declared.url)!;
          read.add(name);
          return opened.read(region, options);
        },
      };
    },
    openWorkspace: async () => memoryStore(),
    context: {},
  });
  const outcomes: Outcome[] = [];
  for (const body of bodies) {
    // What is mapped is counted as what is there to see, what is read as what the store gave: that may differ.
    const { bytesRead: _, ...outcome } = await doPackage(body, { job, kernel, turn: new Turn() });
    outcomes.push(outcome);
  }
  await job.close();
  const result = await openArray(arrays['C']!.url);
  const { data } = await result.read(wholeRegion(result.shape));
  await result.close();
  return { data, outcomes, read: [...read].toSorted() } satisfies Done;
}
