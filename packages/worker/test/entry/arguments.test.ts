import { describe, expect, it } from 'vitest';
import { parseWorkerArguments } from '../../src/entry/arguments.ts';

const wanted = ['--cluster', 'default', '--bucket', 'tessera-default-0123'];

describe('how long a package that a worker took stays hidden', () => {
  it('is a minute unless somebody says otherwise', () => {
    expect(parseWorkerArguments(wanted).visibility).toBe(60);
  });

  it('is what the environment says, and what its argument says before that', () => {
    const environment = { TESSERA_VISIBILITY_SECONDS: '3' };
    expect(parseWorkerArguments(wanted, environment).visibility).toBe(3);
    expect(parseWorkerArguments([...wanted, '--visibility', '5'], environment).visibility).toBe(5);
  });

  it.each(['0', '-1', '43201', 'soon', ''])('is refused where SQS knows no such time: %j', (seconds) => {
    expect(() => parseWorkerArguments(wanted, { TESSERA_VISIBILITY_SECONDS: seconds })).toThrow(/visibility/);
  });
});
