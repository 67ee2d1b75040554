import { createArray, memoryStore, openArray, wholeRegion, type Elements, type MapFile } from '@tessera/matrix';
import {
  PROTOCOL_VERSION,
  type ArrayDeclaration,
  type Manifest,
  type PackageBody,
  type WorkPackage,
} from '@tessera/protocol';
import { execute, OpenJob, PackageContext, type Outcome } from '../../src/index.ts';
import type { Kernel } from '../../src/kernels/index.ts';
import { Turn } from '../../src/loop/turn.ts';

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
    const work = {
      v: PROTOCOL_VERSION,
      bundle: 'test',
      jobId: 'test-1',
      packageId: 'compute-0',
      replyTo: 'ResultToMaster-test-1',
      attempt: 1,
      ...body,
    } as WorkPackage;
    const context = new PackageContext({
      job,
      signal: new AbortController().signal,
      clock: { now: () => 0, sleep: async () => undefined },
      turn: new Turn(),
      kernel: async () => kernel,
    });
    outcomes.push(await execute(work, context));
  }
  await job.close();
  const result = await openArray(arrays['C']!.url);
  const { data } = await result.read(wholeRegion(result.shape));
  await result.close();
  return { data, outcomes, read: [...read].toSorted() } satisfies Done;
}
