import { askMetadata } from './metadata.ts';

/**
 * The id of the instance that this process runs on, from its metadata service.
 * @returns undefined where there is no such service
 */
export async function readInstanceId(endpoint: string): Promise<string | undefined> {
  try {
    const id = (await askMetadata(endpoint, '/latest/meta-data/instance-id'))?.trim();
    return id !== undefined && /^i-[0-9a-f]{4,20}$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
