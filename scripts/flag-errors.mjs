// Preloaded by the programs for developers (`node --import`): a flag that `parseArgs` refuses is bad input, so it gets one
// line and exit code 2.
process.on('uncaughtException', (error) => {
  const isFlag = String(error?.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${isFlag ? error.message : (error?.stack ?? String(error))}\n`);
  process.exit(isFlag ? 2 : 1);
});
