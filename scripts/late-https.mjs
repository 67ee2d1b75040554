// The AWS SDK's HTTP handler makes an agent for https before its first request, wherever that goes, and with it loads
// node:https, node:tls and Node's root certificates. The one for http it makes when it is needed; here both are. Where the
// SDK's text changes its form, nothing matches and the agent is made as ever.
import { readFileSync } from 'node:fs';

const MADE_AT_ONCE = /\bhttpsAgent: (\(\(\) => \{[^}]*node_https\.Agent[^]*?\}\))\(\)(?=,\n)/;
const BEFORE_REQUEST = /\n( *)if \(!isSSL && !this\.config\.httpAgent\) \{/;

/** The handler's text with its agent for https made before the first request that needs it. */
export function withLateHttps(text) {
  if (!MADE_AT_ONCE.test(text) || !BEFORE_REQUEST.test(text)) return text;
  return text
    .replace(MADE_AT_ONCE, 'httpsAgentProvider: $1')
    .replace(BEFORE_REQUEST, '\n$1if (isSSL) this.config.httpsAgent ??= this.config.httpsAgentProvider();$&');
}

/** @type {import('esbuild').Plugin} */
export const lateHttpsPlugin = {
  name: 'late-https',
  setup({ onLoad }) {
    onLoad({ filter: /@smithy[\\/]node-http-handler[\\/]dist-es[\\/]node-http-handler\.js$/ }, ({ path }) => ({
      contents: withLateHttps(readFileSync(path, 'utf8')),
      loader: 'js',
    }));
  },
};
