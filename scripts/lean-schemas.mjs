// The AWS SDK describes every shape of a service in one module, under keys that are computed from constants
// (`const _A = "Account"`, `[_A]: ...`), so a bundler keeps all of them. With the constants' text in place of the
// computed keys it keeps those that are used. Where the SDK's text changes its form, nothing matches and nothing is left out.
import { readFileSync } from 'node:fs';

export const leanSchemasPlugin = {
  name: 'lean-schemas',
  setup(build) {
    build.onLoad(
      { filter: /@aws-sdk[\\/]client-[a-z0-9-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ },
      ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const constants = new Map(
          [...text.matchAll(/^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(([, name, value]) => [name, value]),
        );
        const contents = text.replaceAll(/\[(_\w+)\]:/g, (all, name) =>
          constants.has(name) ? `${constants.get(name)}:` : all,
        );
        return { contents, loader: 'js' };
      },
    );
  },
};
