import { philoxBlocks } from './philox.ts';
import { wasmSource } from './philox-wasm.ts';
import type { BlockSource, PhiloxStream } from './philox.ts';

/** Counter word 2 keeps what the generator is used for apart, so that a check never sees the operands' own numbers. */
export const PURPOSE = { elements: 0, signs: 1, gaussian: 2 } as const;

/** Blocks made at once: the words stay in the first-level cache until they are turned into elements. */
const BATCH = 512;

/**
 * Walks over items `from` .. `to` (global indices) of which each block makes `perBlock`, in batches.
 * `emit(words, skip, count, at)` turns items `skip .. skip + count` of the batch into output from position `at`.
 */
export function walkBlocks(
  stream: PhiloxStream,
  perBlock: number,
  from: number,
  to: number,
  emit: (words: Uint32Array, skip: number, count: number, at: number) => void,
): void {
  const { source, words } = fastest();
  const step = BATCH * perBlock;
  for (let index = from; index < to;) {
    const first = Math.floor(index / perBlock);
    const skip = index - first * perBlock;
    const count = Math.min(to - index, step - skip);
    source(words, Math.ceil((skip + count) / perBlock), first, stream);
    emit(words, skip, count, index - from);
    index += count;
  }
}

let chosen: { source: BlockSource; words: Uint32Array } | undefined;

/** The plain source is always right; the fast one gives the same words where the engine has what it needs. */
function fastest(): { source: BlockSource; words: Uint32Array } {
  return (chosen ??= wasmSource() ?? { source: philoxBlocks, words: new Uint32Array(BATCH * 4) });
}
