import { hexId } from '../random.ts';
import type { RandomSource } from '../random.ts';

/** A key pair that may sign requests. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials carry it in every request; those of the cloud's owner have none. */
  readonly sessionToken: string | undefined;
  /** The instance that these were made for. */
  readonly instanceId: string | undefined;
}

/** Everyone who may call: the owner, and every instance that isn't terminated. */
export class CredentialStore {
  readonly #random: RandomSource;
  readonly #byAccessKey = new Map<string, Credentials>();
  readonly owner: Credentials;

  constructor(random: RandomSource) {
    this.#random = random;
    this.owner = this.#issue('AKIA', undefined);
  }

  issueTo(instanceId: string): Credentials {
    return this.#issue('ASIA', instanceId);
  }

  revoke(accessKeyId: string): void {
    this.#byAccessKey.delete(accessKeyId);
  }

  find(accessKeyId: string): Credentials | undefined {
    return this.#byAccessKey.get(accessKeyId);
  }

  #issue(prefix: 'AKIA' | 'ASIA', instanceId: string | undefined): Credentials {
    const credentials: Credentials = {
      accessKeyId: prefix + hexId(this.#random, 16).toUpperCase(),
      secretAccessKey: Buffer.from(this.#random(30)).toString('base64url'),
      sessionToken: instanceId === undefined ? undefined : Buffer.from(this.#random(48)).toString('base64url'),
      instanceId,
    };
    this.#byAccessKey.set(credentials.accessKeyId, credentials);
    return credentials;
  }
}
