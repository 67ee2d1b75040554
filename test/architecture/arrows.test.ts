import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Which rooms a room's source may use. protocol is at the bottom, cli on top; master and worker meet only through what is
 * below both; the provisioner knows no matrices; the embedded cloud knows nothing of Tessera.
 */
const ARROWS: Record<string, readonly string[]> = {
  'packages/protocol': [],
  'packages/queue': ['@tessera/protocol'],
  'packages/matrix': ['@tessera/protocol'],
  'packages/provisioner': ['@tessera/protocol'],
  'packages/master': ['@tessera/protocol', '@tessera/matrix', '@tessera/queue'],
  'packages/worker': ['@tessera/protocol', '@tessera/matrix', '@tessera/queue'],
  'infra/local-cloud': [],
  // The CLI starts the other programs as bundles; of their source it uses only what has no I/O or knows this
  // machine: the planner is pure, and with it what fits no worker is refused before anything is started. A stored result
  // is checked again by the code that workers check with.
  'packages/cli': [
    '@tessera/protocol',
    '@tessera/matrix',
    '@tessera/provisioner',
    '@tessera/local-cloud/lifecycle',
    '@tessera/worker/gpu-presence',
    '@tessera/worker/recheck',
    '@tessera/master/plan',
  ],
};

const root = join(import.meta.dirname, '../..');

function sources(room: string): string[] {
  return readdirSync(join(root, room, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, 'src', name));
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from |import |import\()'([^'\s]+)'/g)].map(([, name]) => name!);
}

describe.each(Object.entries(ARROWS))('%s', (room, allowed) => {
  it('uses only the rooms that the design allows it', () => {
    const wrong = sources(room).flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith('@tessera/') || name === 'cli')
        .filter((name) => !allowed.some((arrow) => name === arrow || name.startsWith(`${arrow}/`)))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports only packages that it declares', () => {
    const manifest = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8')) as {
      dependencies?: object;
      optionalDependencies?: object;
    };
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const wrong = sources(room).flatMap((file) =>
      imports(file)
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name))
        .filter((name) => !declared.some((dependency) => name === dependency || name.startsWith(`${dependency}/`)))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

it('kernels know numbers only', () => {
  const wrong = sources('packages/worker')
    .filter((file) => file.includes('/kernels/'))
    .flatMap((file) => imports(file).map((name) => ({ file, name })))
    .filter(({ name }) => name.startsWith('@tessera/') || name.startsWith('@aws-sdk/') || name.startsWith('../'));
  expect(wrong).toEqual([]);
});

it('the planner has no I/O, no clock and no chance', () => {
  const pure = sources('packages/master').filter((file) => /\/(plan|operations)\//.test(file));
  const wrong = pure.flatMap((file) => [
    ...imports(file).filter(
      (name) => !name.startsWith('.') && name !== '@tessera/protocol' && !isArithmetic(file, name),
    ),
    ...(/Date\.now|Math\.random|process\./.test(readFileSync(join(root, file), 'utf8')) ? [file] : []),
  ]);
  expect(wrong).toEqual([]);
});

/** Of the matrices' room the planner uses how a side is cut into even chunks. */
function isArithmetic(file: string, name: string): boolean {
  return readFileSync(join(root, file), 'utf8').includes(`import { evenChunk } from '${name}'`);
}

it('the protocol has no I/O and no Node in it', () => {
  const wrong = sources('packages/protocol').flatMap((file) =>
    imports(file).filter((name) => !name.startsWith('.') && name !== 'zod'),
  );
  expect(wrong).toEqual([]);
});
