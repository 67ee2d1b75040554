import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programFolder, readPrograms } from '../src/cloud/programs.ts';
import { UnavailableError } from '../src/errors.ts';

describe('the programs that a fleet gets', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tessera-programs-'));
    const files = {
      worker: ['worker.mjs', 'worker.js', 'koffi-linux_x64.node', 'webgpu.mjs', 'gpu-js.mjs', 'dawn-linux-x64.node'],
      master: ['master.mjs', 'master.js', 'master.js.map'],
    };
    for (const name of ['worker', 'master'] as const) {
      await mkdir(programFolder(root, name), { recursive: true });
      for (const file of files[name]) await writeFile(join(programFolder(root, name), file), file);
    }
  });
  afterAll(() => rm(root, { recursive: true }));

  const names = async (gpu: boolean) => {
    const { worker, master } = await readPrograms(root, gpu);
    return { worker: worker.map(({ name }) => name).sort(), master: master.map(({ name }) => name).sort() };
  };

  it('have what a GPU needs only where there may be one', async () => {
    const master = ['master.js', 'master.mjs'];
    const worker = ['koffi-linux_x64.node', 'worker.js', 'worker.mjs'];
    expect(await names(false)).toEqual({ worker, master });
    expect(await names(true)).toEqual({
      worker: [...worker, 'dawn-linux-x64.node', 'gpu-js.mjs', 'webgpu.mjs'].sort(),
      master,
    });
  });

  it('are missing where nothing was built', async () => {
    await expect(readPrograms(join(root, 'elsewhere'), false)).rejects.toThrow(UnavailableError);
  });
});
