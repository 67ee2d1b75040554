/**
 * Numbers in CSV text at the speed of bytes, in AssemblyScript (assemblyscript.org): TypeScript with machine integers, which
 * is compiled to WebAssembly. `pnpm --filter @tessera/matrix build-assembly` makes `../module-bytes.ts` of it, which is
 * committed; a test compares the two. What the functions share with their caller is described in `../module.ts`.
 */
export { FREE, GREATEST_POWER, INTEGERS, DOUBLES, LEAST_POWER, POWERS } from './tables';
export { at, CELL, check, column, DONE, parse32, parse64, place, RAGGED, rows, rowsEnd, start } from './rows';
export { format32, format64 } from './format';
