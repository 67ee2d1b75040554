// WebGPU's native module (50 MB) and gpu.js are shipped only to fleets that may have a GPU, so they are files of their own
// beside the worker's bundle: `webgpu.mjs`, `gpu-js.mjs` and `dawn-<platform>-<arch>.node`.
import { copyFileSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const FILES = { webgpu: 'webgpu.mjs', 'gpu.js': 'gpu-js.mjs' };

/** Resolves the two libraries to the files beside the bundle, when they are first asked for. */
export const gpuLibrariesPlugin = {
  name: 'gpu-libraries',
  setup(build) {
    build.onResolve({ filter: /^(webgpu|gpu\.js)$/ }, ({ path }) => ({ path: `./${FILES[path]}`, external: true }));
  },
};

/** webgpu looks for its native module in folders of its package; here it lies beside the file. */
const nativeBeside = {
  name: 'native-beside',
  setup(build) {
    build.onLoad({ filter: /webgpu[\\/]index\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const found = "join(__dirname, 'dist', `${process.platform}-${arch}`, 'dawn.node')";
      if (!text.includes(found)) throw new Error(`${path} looks for its native module in another way than it used to`);
      return {
        contents: text.replace(found, 'join(__dirname, `dawn-${process.platform}-${arch}.node`)'),
        loader: 'js',
      };
    });
  },
};

/** Puts them into the folder of the worker's bundle. */
export async function shipGpuLibraries(folder) {
  const modules = join(import.meta.dirname, '../packages/worker/node_modules');
  const options = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    logLevel: 'error',
  };
  await build({
    ...options,
    entryPoints: [join(modules, 'webgpu/index.js')],
    outfile: join(folder, FILES.webgpu),
    plugins: [nativeBeside],
  });
  await build({
    ...options,
    // gpu.js asks for `gl` only where there is no WebGPU.
    external: ['gl'],
    entryPoints: [createRequire(join(modules, '../package.json')).resolve('gpu.js')],
    outfile: join(folder, FILES['gpu.js']),
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const name = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  const native = join(realpathSync(join(modules, 'webgpu')), 'dist', name, 'dawn.node');
  if (existsSync(native)) copyFileSync(native, join(folder, `dawn-${name}.node`));
}
