import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inlineToTile } from '@tessera/matrix';
import * as protocol from '@tessera/protocol';
import { mutatedDocuments } from '../documents.ts';
import { hasTag, target } from '../target.ts';

/** Samples of the documents that travel, by the schema that reads them, from their docstrings. */
const FOLDER = join(import.meta.dirname, '../../../packages/protocol/src/messages');
const documents = {
  WorkPackage: protocol.WorkPackage,
  Result: protocol.Result,
  ProgressEvent: protocol.ProgressEvent,
  JobSpec: protocol.JobSpec,
  Manifest: protocol.Manifest,
  Report: protocol.Report,
  Certificate: protocol.Certificate,
};

function samplesOf(name: string): string[] {
  return readdirSync(FOLDER).flatMap((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    return [...text.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport const (\w+) =/g)].flatMap(([, comment, schema]) => {
      const isPart = name === 'WorkPackage' && schema!.endsWith('Package');
      if (schema !== name && !isPart) return [];
      return [...comment!.matchAll(/@example (.*)$/gm)].map(([, sample]) => sample!);
    });
  });
}

export const messages = Object.entries(documents).map(([name, schema]) =>
  target({
    name: `message ${name}`,
    inputs: mutatedDocuments(samplesOf(name)),
    feed(text) {
      protocol.parseMessage<unknown>(schema, name, text);
    },
    isOwn: hasTag,
  }),
);

export const inlineTiles = target({
  name: 'inline tile',
  inputs: mutatedDocuments(['{"kind":"inline","dtype":"float64","rows":1,"cols":2,"data":"AAAAAAAA8D8AAAAAAAAAQA=="}']),
  feed(text) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const tile = protocol.InlineTile.safeParse(value);
    if (tile.success && inlineToTile(tile.data).data.length !== tile.data.rows * tile.data.cols) {
      throw new Error('a tile that is not full');
    }
  },
  isOwn: hasTag,
});
