import { openClients } from '@tessera/provisioner';
import type { Cloud } from './cloud.ts';

/** AWS, as the SDK's own configuration says: environment, profiles, `AWS_ENDPOINT_URL`. */
export async function openAws(region: string | undefined): Promise<Cloud> {
  const clients = await openClients(region === undefined ? {} : { region });
  return {
    kind: 'aws',
    clients,
    ephemeral: false,
    async close() {
      clients.destroy();
    },
    kill: () => clients.destroy(),
  };
}
