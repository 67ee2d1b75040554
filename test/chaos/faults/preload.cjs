// Loaded into the master and the workers of a cloud under test, before their own code (`node --require`). What it does is
// told by the environment, so that the programs themselves know nothing of tests.
'use strict';
const { existsSync, promises } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { Socket } = require('node:net');

const {
  AWS_ENDPOINT_URL: endpoint,
  // Port of the proxy that takes the cloud's place.
  TESSERA_CHAOS_PROXY: proxy,
  // End of the path of a file that kills whoever reads it.
  TESSERA_CHAOS_POISON: poison,
  // While this file exists, the disk is full.
  TESSERA_CHAOS_FULL_DISK: fullDisk,
} = process.env;

// The connection alone goes elsewhere: requests keep naming the cloud's own port, which is what their signatures cover.
if (proxy !== undefined && endpoint !== undefined) {
  const gateway = Number(new URL(endpoint).port);
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (...args) {
    // node:net calls this with [options, callback], already normalized.
    const [first] = args;
    const options = Array.isArray(first) ? first[0] : first;
    if (options !== null && typeof options === 'object' && Number(options.port) === gateway) {
      const elsewhere = { ...options, port: Number(proxy) };
      if (Array.isArray(first)) first[0] = elsewhere;
      else args[0] = elsewhere;
    }
    return Reflect.apply(connect, this, args);
  };
}

if (poison !== undefined) {
  const { open } = promises;
  promises.open = async function (path, ...rest) {
    if (String(path).endsWith(poison)) process.kill(process.pid, 'SIGKILL');
    return open(path, ...rest);
  };
}

if (fullDisk !== undefined) {
  const { rename } = promises;
  promises.rename = async function (from, to) {
    if (existsSync(fullDisk)) {
      throw Object.assign(new Error(`ENOSPC: no space left on device, rename '${from}' -> '${to}'`), {
        errno: -28,
        code: 'ENOSPC',
        syscall: 'rename',
      });
    }
    return rename(from, to);
  };
}
syncBuiltinESMExports();
