import { request } from 'node:http';

/** How long the metadata service may take to answer. */
const ANSWER_MS = 2_000;

/**
 * Asks the instance's metadata service (IMDSv2: a token first, then the question with it,
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html). By `node:http`, which is loaded
 * anyway: `fetch` would bring a second HTTP client into every start.
 * @returns what it says, or undefined where it has no such entry
 * @throws where there is no such service, or when `signal` is aborted
 */
export async function askMetadata(endpoint: string, path: string, signal?: AbortSignal): Promise<string | undefined> {
  const token = await ask('PUT', new URL('/latest/api/token', endpoint), { [`${TOKEN}-ttl-seconds`]: '60' }, signal);
  const answer = await ask('GET', new URL(path, endpoint), { [TOKEN]: token.text }, signal);
  return answer.status === 200 ? answer.text : undefined;
}

const TOKEN = 'x-aws-ec2-metadata-token';

function ask(
  method: string,
  url: URL,
  headers: Record<string, string>,
  stop: AbortSignal | undefined,
): Promise<{ status: number | undefined; text: string }> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const signal = stop === undefined ? late : AbortSignal.any([stop, late]);
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, signal, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode, text })).on('error', reject);
    });
    asked.on('error', reject).end();
  });
}
