import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactFromFile, type Artifact } from '@tessera/provisioner';
import { UnavailableError } from '../errors.ts';

/** The built programs of this installation. */
export interface Programs {
  readonly worker: readonly Artifact[];
  readonly master: readonly Artifact[];
}

/** Where a program's build left it, and whatever it needs beside it. */
export function programFolder(root: string, name: 'worker' | 'master'): string {
  return join(root, 'packages', name, 'dist');
}

/**
 * Hashes what instances get.
 * @param gpu whether workers get what the GPU kernels need, 50 MB of it
 * @throws UnavailableError where it was not built
 */
export async function readPrograms(root: string, gpu: boolean): Promise<Programs> {
  const [worker, master] = await Promise.all([program(root, 'worker', gpu), program(root, 'master', gpu)]);
  return { worker, master };
}

/** Files that only the GPU kernels need (scripts/gpu-libraries.mjs). */
const FOR_GPU = /^(webgpu\.mjs|gpu-js\.mjs|dawn-.*\.node)$/;

/** A program's files, with what V8 compiled of it in the build's own job, where there was one. */
async function program(root: string, name: 'worker' | 'master', gpu: boolean): Promise<Artifact[]> {
  const files = await artifacts(programFolder(root, name), `${name}.mjs`, gpu);
  const bundle = files.find((file) => file.name === `${name}.js`);
  if (bundle === undefined) return files;
  const code = join(root, 'packages/cli/dist/.code-cache', `${name}-${bundle.sha256.slice(0, 12)}.v8`);
  return statSync(code, { throwIfNoEntry: false })?.isFile()
    ? [...files, await artifactFromFile(code, `${name}.v8`)]
    : files;
}

async function artifacts(folder: string, program: string, gpu: boolean): Promise<Artifact[]> {
  const files = await readdir(folder, { withFileTypes: true }).catch(() => []);
  // Earlier versions left what V8 compiled here.
  const isWanted = (name: string) => !/\.(map|v8)$/.test(name) && (gpu || !FOR_GPU.test(name));
  const names = files.filter((file) => file.isFile() && isWanted(file.name)).map((file) => file.name);
  if (!names.includes(program)) {
    throw new UnavailableError(`${join(folder, program)} is missing; build it with \`pnpm build\``);
  }
  return Promise.all(names.map((file) => artifactFromFile(join(folder, file), file)));
}
