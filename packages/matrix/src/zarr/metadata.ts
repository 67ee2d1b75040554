import { z } from 'zod';
import { MalformedHeaderError, UnsupportedDtypeError, UnsupportedShapeError, WrongFormatError } from '../errors.ts';
import type { ArraySpec } from '../array.ts';
import { plainChunks, type PlainChunks } from './plain-chunks.ts';

/**
 * `zarr.json` of an array as Tessera writes it (zarr-specs.readthedocs.io/en/latest/v3/core/). The attribute
 * `tessera` says that a chunk which isn't stored is missing work, where Zarr itself would read the fill value; the
 * fill value is NaN, so that other readers don't take missing tiles for zeros.
 */
const ownSchema = z.object({
  zarr_format: z.literal(3),
  node_type: z.literal('array'),
  shape: z.tuple([z.int().min(1), z.int().min(1)]),
  data_type: z.enum(['float64', 'float32']),
  chunk_grid: z.object({
    name: z.literal('regular'),
    configuration: z.object({ chunk_shape: z.tuple([z.int().min(1), z.int().min(1)]) }),
  }),
  chunk_key_encoding: z.object({ name: z.literal('default'), configuration: z.object({ separator: z.literal('/') }) }),
  fill_value: z.literal('NaN'),
  codecs: z.tuple([
    z.object({ name: z.literal('bytes'), configuration: z.object({ endian: z.literal('little') }) }),
    z.object({ name: z.literal('crc32c') }),
  ]),
  attributes: z.object({ tessera: z.object({ v: z.literal(1) }) }),
});

/** A codec of Zarr v3; one that shards has codecs inside. */
const codecSchema = z.object({
  name: z.string(),
  configuration: z.object({ codecs: z.unknown(), index_codecs: z.unknown() }).partial().optional(),
});
/** A codec of Zarr v2. */
const namedSchema = z.object({ id: z.string() });

/** What every array must have, whoever wrote it. */
const foreignSchema = z.object({
  zarr_format: z.literal([2, 3]),
  node_type: z.string().optional(),
  shape: z.array(z.int().min(0)),
  data_type: z.unknown().optional(),
  dtype: z.unknown().optional(),
  chunk_grid: z.object({ name: z.literal('regular') }).optional(),
  codecs: z.array(codecSchema).optional(),
  compressor: namedSchema.nullish(),
  filters: z.array(namedSchema).nullish(),
});

export interface OwnArray extends ArraySpec {
  readonly kind: 'own';
  readonly chunk: readonly [number, number];
}

/** An array in any other layout, to be read through zarrita. */
export interface ForeignArray {
  readonly kind: 'foreign';
  readonly shape: readonly [number, number];
  readonly storedType: string;
  /** What chunks go through, as zarrita calls them; those inside a shard too. */
  readonly codecs: readonly string[];
  /** Where chunks go through nothing but maybe a checksum. */
  readonly plain?: PlainChunks | undefined;
}

export function writeMetadata({ shape, dtype, chunk }: ArraySpec): string {
  const document: z.input<typeof ownSchema> = {
    zarr_format: 3,
    node_type: 'array',
    shape: [shape[0], shape[1]],
    data_type: dtype,
    chunk_grid: {
      name: 'regular',
      configuration: { chunk_shape: chunk ? [chunk[0], chunk[1]] : [shape[0], shape[1]] },
    },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 'NaN',
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name: 'crc32c' }],
    attributes: { tessera: { v: 1 } },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** @throws MalformedHeaderError, WrongFormatError (a group), UnsupportedDtypeError, UnsupportedShapeError. */
export function parseMetadata(text: string, name: string): OwnArray | ForeignArray {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new MalformedHeaderError(name, 'its zarr.json is no JSON', { cause });
  }
  const own = ownSchema.safeParse(document);
  if (own.success) {
    const { shape, data_type: dtype, chunk_grid: grid } = own.data;
    return { kind: 'own', shape, dtype, chunk: grid.configuration.chunk_shape };
  }
  if ((document as { node_type?: unknown } | null)?.node_type === 'group') {
    throw new WrongFormatError(name, 'a Zarr array', 'it is a Zarr group; name one of its arrays');
  }
  const foreign = foreignSchema.safeParse(document);
  if (!foreign.success) {
    const issue = foreign.error.issues[0];
    throw new MalformedHeaderError(name, `its Zarr metadata has ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const type = foreign.data.data_type ?? foreign.data.dtype;
  const storedType = typeof type === 'string' ? type.slice(0, 100) : 'that has no plain name';
  const numeric = /^(float(16|32|64)|u?int(8|16|32|64)|bool|[<>|][fiu][1248]|\|b1)$/;
  if (!numeric.test(storedType)) throw new UnsupportedDtypeError(name, storedType);
  const [rows, cols, ...rest] = foreign.data.shape;
  if (!rows || !cols || rest.length > 0) throw new UnsupportedShapeError(name, foreign.data.shape);
  const { codecs = [], compressor, filters } = foreign.data;
  const older = [...(filters ?? []), ...(compressor ? [compressor] : [])].map(({ id }) => `numcodecs.${id}`);
  return {
    kind: 'foreign',
    shape: [rows, cols],
    storedType,
    codecs: [...namesOf(codecs, name), ...older],
    plain: plainChunks(document),
  };
}

/** The codecs' names, and those inside shards; shards within shards are nothing that zarrita reads. */
function namesOf(codecs: readonly z.infer<typeof codecSchema>[], name: string): string[] {
  return codecs.flatMap((codec) => {
    const { codecs: inner = [], index_codecs: index = [] } = codec.configuration ?? {};
    const nested = z.tuple([z.array(codecSchema), z.array(codecSchema)]).safeParse([inner, index]);
    if (!nested.success)
      throw new MalformedHeaderError(name, `the codecs inside ${codec.name.slice(0, 40)} are no list`);
    return [codec.name, ...nested.data.flat().map((one) => one.name)];
  });
}
