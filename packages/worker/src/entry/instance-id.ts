/**
 * The id of the instance that this process runs on, from its metadata service (IMDSv2,
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
 * @returns undefined where there is no such service
 */
export async function readInstanceId(endpoint: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(2_000);
  try {
    const token = await fetch(new URL('/latest/api/token', endpoint), {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
      signal,
    });
    const id = await fetch(new URL('/latest/meta-data/instance-id', endpoint), {
      headers: { 'x-aws-ec2-metadata-token': await token.text() },
      signal,
    });
    const text = (await id.text()).trim();
    return id.ok && /^i-[0-9a-f]{4,20}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
