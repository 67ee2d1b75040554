import { expect, it } from 'vitest';
import * as api from '../src/index.ts';

it('exports exactly this', () => {
  const errors = Object.keys(api).filter((name) => name.endsWith('Error'));
  expect(
    Object.keys(api)
      .filter((name) => !name.endsWith('Error'))
      .toSorted(),
  ).toMatchInlineSnapshot(`
    [
      "ChunkChecksums",
      "EXTENSIONS",
      "allocate",
      "allocateTile",
      "bytesOf",
      "checkKey",
      "checkRegion",
      "checkSpace",
      "checkWritable",
      "checkedReads",
      "chunkRegion",
      "copyArray",
      "copyRegion",
      "coversWholeChunks",
      "createArray",
      "createZarrIn",
      "csvPieces",
      "elementBytes",
      "evenChunk",
      "fileStore",
      "fillGaussian",
      "fillRandom",
      "fillSigns",
      "formatCsvBand",
      "formatOf",
      "freeBytes",
      "gridOf",
      "hashMatrix",
      "ingestCsv",
      "inlineToTile",
      "inspectCsv",
      "inspectOperand",
      "isChunked",
      "joinCsv",
      "locate",
      "memoryStore",
      "nameOf",
      "openArray",
      "openStore",
      "openZarrIn",
      "overlaps",
      "parentOf",
      "parseCsvBand",
      "peakResidentBytes",
      "randomArray",
      "readCsvPart",
      "recycle",
      "scratchTile",
      "streamCsv",
      "tileMemory",
      "tileToInline",
      "wholeRegion",
      "within",
      "writeCsv",
      "writeNpy",
    ]
  `);
  expect(errors.toSorted()).toMatchInlineSnapshot(`
    [
      "ArrayExistsError",
      "CorruptTileError",
      "EmptyFileError",
      "IncompleteArrayError",
      "InexactIntegerError",
      "InputError",
      "KeyError",
      "MalformedCsvError",
      "MalformedHeaderError",
      "MatrixError",
      "MissingTextPartError",
      "MissingTileError",
      "NoPermissionError",
      "NoSpaceError",
      "NotAFileError",
      "NotANumberError",
      "NotFoundError",
      "NotWritableError",
      "PartialChunkError",
      "RaggedRowError",
      "ReadOnlyArrayError",
      "RegionError",
      "TruncatedFileError",
      "UnknownExtensionError",
      "UnsupportedDtypeError",
      "UnsupportedShapeError",
      "UnsupportedUrlError",
      "WrongFormatError",
    ]
  `);
});

it('gives every error a _tag equal to its name', () => {
  for (const [name, value] of Object.entries(api)) {
    if (!name.endsWith('Error') || name === 'MatrixError' || name === 'InputError') continue;
    const make = value as unknown as new (...args: unknown[]) => { _tag: string; name: string };
    const error = new make('x', Object.assign([1, 2], { text: '' }), [1, 2], 1n);
    expect([error._tag, error.name]).toEqual([name, name]);
    expect(error).toBeInstanceOf(api.MatrixError);
  }
});
