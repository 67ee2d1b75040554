// Compiles src/csv/assembly to WebAssembly and writes it as base64 to src/csv/module-bytes.ts, which is committed: nobody
// who only uses the package needs the compiler. `pnpm --filter @tessera/matrix build-assembly`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const entry = 'src/csv/assembly/index.ts';
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1'];

/** The module's bytes, the same wherever it is compiled with the version of AssemblyScript that package.json names. */
export async function compileAssembly(): Promise<Uint8Array> {
  // 100 MB of compiler; loaded here, so that whoever imports this file may be without it.
  const { default: asc } = await import('assemblyscript/asc');
  const written = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    [entry, ...options, '--baseDir', import.meta.dirname, '--outFile', 'csv.wasm'],
    {
      writeFile: (name, contents) => void written.set(name, contents),
    },
  );
  const bytes = written.get('csv.wasm');
  if (error || !(bytes instanceof Uint8Array)) throw new Error(`${error?.message}\n${stderr.toString()}`);
  return bytes;
}

if (import.meta.main) {
  const base64 = Buffer.from(await compileAssembly()).toString('base64');
  const lines = (base64.match(/.{1,112}/g) ?? []).map((line) => `  '${line}',`);
  writeFileSync(
    join(import.meta.dirname, 'src/csv/module-bytes.ts'),
    `/** The WebAssembly module of \`assembly/\`, in base64: made by build-assembly.ts, not by hand. */
export const moduleBytes = [
${lines.join('\n')}
].join('');
`,
  );
}
