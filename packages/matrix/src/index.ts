export * from './errors.ts';
export {
  allocate,
  allocateTile,
  bytesOf,
  checkRegion,
  copyRegion,
  elementBytes,
  recycle,
  scratchTile,
  wholeRegion,
} from './tile.ts';
export type { DType, Elements, Region, Shape, Tile } from './tile.ts';
export { chunkRegion, coversWholeChunks, evenChunk, gridOf, overlaps } from './chunk-grid.ts';
export type { Overlap } from './chunk-grid.ts';

export type { CallOptions, Listed, Store } from './stores/store.ts';
export { checkKey } from './stores/key.ts';
export { fileStore } from './stores/file.ts';
export { memoryStore } from './stores/memory.ts';
export { openStore } from './stores/open.ts';
export { within } from './stores/within.ts';
export type { StoreContext } from './stores/open.ts';
export { EXTENSIONS, formatOf, locate, nameOf, parentOf } from './location.ts';
export type { Format, Location } from './location.ts';

export { isChunked } from './array.ts';
export type { ArrayCallOptions, ArrayContext, ArraySpec, ChunkedArray, MatrixArray, Traffic } from './array.ts';
export type { MapFile, MappedBytes, MappedTile } from './mapped.ts';
export { createArray, openArray } from './open-array.ts';
export { openZarrIn, createZarrIn } from './zarr/open.ts';

export { ChunkChecksums } from './hash/chunk-checksums.ts';
export { hashMatrix } from './hash/hash-matrix.ts';
export { checkedReads } from './hash/checked-reads.ts';
export type { CheckedReads } from './hash/checked-reads.ts';

export { fillRandom } from './random/fill.ts';
export { randomArray } from './random/array.ts';
export type { Distribution, RandomOperand } from './random/fill.ts';
export { fillGaussian, fillSigns } from './random/vectors.ts';
export { inspectOperand } from './operand.ts';
export type { OperandInfo } from './operand.ts';
export { copyArray } from './write/copy.ts';
export { csvPieces, joinCsv, writeCsv } from './write/csv.ts';
export { writeNpy } from './write/npy.ts';
export { checkSpace } from './write/space.ts';
export { checkWritable } from './write/writable.ts';
export { peakResidentBytes } from './memory/resident.ts';
export { tileMemory } from './memory/tile-memory.ts';
export { freeBytes } from './free-bytes.ts';
export { inlineToTile, tileToInline } from './inline-tile.ts';

export { inspectCsv } from './csv/inspect.ts';
export type { CsvInfo, CsvText } from './csv/inspect.ts';
export type { CsvBand } from './csv/scan.ts';
export { parseCsvBand } from './csv/band.ts';
export type { BandLayout } from './csv/layout.ts';
export { readCsvPart, streamCsv } from './csv/read.ts';
export type { CsvPart } from './csv/read.ts';
export { ingestCsv } from './csv/ingest.ts';
export type { IngestOptions, IngestPart } from './csv/ingest.ts';
export { formatCsvBand } from './csv/format.ts';
