// A program's first start, in the build: against a service on this machine that knows one empty queue and no object, told
// to end once it has asked for messages. By then V8 has compiled what every start needs, requests and signatures included.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** One that takes longer hangs, and the program then starts without what it would have left. */
const LONGEST_MS = 30_000;

/** Starts `script` with `args` and the environment `extra`, and resolves when it has ended. It never fails. */
export async function rehearse(script, args, extra) {
  const server = createServer((request, response) => {
    request.resume();
    const answer = (status, body) => response.writeHead(status).end(body);
    const action = String(request.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
    if (action === 'GetQueueUrl') return answer(200, JSON.stringify({ QueueUrl: `${endpoint}/000000000000/queue` }));
    if (action === 'ReceiveMessage') {
      // Once: a second one would end it before it has written what it has learnt.
      if (!program.killed) program.kill('SIGTERM');
      return answer(200, '{}');
    }
    if (request.url === '/latest/api/token') return answer(200, 'token');
    if (request.url === '/latest/meta-data/instance-id') return answer(200, 'i-00000000000000000');
    return answer(404, '<Error><Code>NoSuchKey</Code><Message>There is no object here.</Message></Error>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  // Whatever the caller has set for the real AWS is not meant here.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const program = spawn(process.execPath, [script, ...args], {
    env: {
      ...Object.fromEntries(others),
      AWS_ENDPOINT_URL: endpoint,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'rehearsal',
      AWS_SECRET_ACCESS_KEY: 'rehearsal',
      ...extra,
    },
    stdio: 'ignore',
  });
  const late = setTimeout(() => program.kill('SIGKILL'), LONGEST_MS);
  await once(program, 'exit').catch(() => undefined);
  clearTimeout(late);
  server.closeAllConnections();
  server.close();
}
