import { describe, expect, it } from 'vitest';
import { createArray, openArray, wholeRegion } from '../../src/index.ts';
import { numbered } from '../matrices.ts';
import { numpyMissing, python } from '../python.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
if (numpyMissing) console.warn(`skipped: ${numpyMissing}`); // oxlint-disable-line no-console -- the reason for a skip

const KINDS = ['f8', 'f4', 'f2', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', '?'];

describe.skipIf(numpyMissing)('numpy and we', () => {
  it('read the same from every dtype, byte order and memory order that numpy writes', async () => {
    const listed = python(
      `
import numpy as np, sys
rng = np.random.default_rng(1)
for kind in sys.argv[1].split():
  for end in '<>':
    for order in 'CF':
      for version in ((1, 0), (2, 0), (3, 0)):
        t = np.dtype(kind).newbyteorder(end)
        x = rng.normal(size=(5, 7)) * 40
        if t.kind == 'u': x = np.abs(x)
        x = np.asarray(x.astype(t), order=order)
        if t.kind == 'f': x[1, 2] = np.nan; x[2, 3] = -np.inf; x[0, 0] = -0.0
        name = f"{t.kind}{t.itemsize}{'l' if end == '<' else 'b'}{order}{version[0]}"
        with open(name + '.npy', 'wb') as f: np.lib.format.write_array(f, x, version)
        np.save(name + '-expected.npy', np.ascontiguousarray(x.astype('<f8')))
        print(name)
`,
      at(''),
      KINDS.join(' '),
    );
    const names = listed.trim().split('\n');
    expect(names.length).toBe(KINDS.length * 12);
    for (const name of names) {
      const array = await openArray(at(`${name}.npy`));
      const expected = await openArray(at(`${name}-expected.npy`));
      const found = await array.read(wholeRegion(array.shape));
      expect([name, ...found.data]).toEqual([name, ...(await expected.read(wholeRegion(expected.shape))).data]);
      const region = { row: 1, col: 2, rows: 3, cols: 4 };
      expect([...(await array.read(region)).data]).toEqual([...(await expected.read(region)).data]);
      await array.close();
      await expected.close();
    }
  });

  it.each(['float64', 'float32'] as const)('agree on a %s file that we wrote', async (dtype) => {
    const array = await createArray(at(`ours-${dtype}.npy`), { shape: [6, 5], dtype });
    const tile = numbered(dtype, 6, 5);
    await array.write(wholeRegion([6, 5]), tile);
    await array.close();
    const printed = python(
      `import numpy as np, sys; x = np.load(sys.argv[1]); print(x.dtype, x.shape, x.flags.c_contiguous, x.tobytes().hex())`,
      at(''),
      `ours-${dtype}.npy`,
    ).trim();
    const bytes = Buffer.from(tile.data.buffer).toString('hex');
    expect(printed).toBe(`${dtype} (6, 5) True ${bytes}`);
  });
});
