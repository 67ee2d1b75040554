import type { Clients } from '@tessera/provisioner';

/** A cloud that is there to be used. */
export interface Cloud {
  readonly kind: 'local' | 'aws';
  readonly clients: Clients & { destroy(): void };
  /** Whether this run started it, and so ends it. */
  readonly ephemeral: boolean;
  /** Ends what this run started and closes connections. */
  close(): Promise<void>;
  /** The same at once and without waiting, for a person who interrupts twice. */
  kill(): void;
}
