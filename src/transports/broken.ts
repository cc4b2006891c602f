import type { JetpackError } from '../errors.js';
import type { Outcome, Transport } from '../transport.js';

/**
 * Stands where a transport would be when the configuration does not say which. Messages stay in the outbox, and whoever
 * waits for them is told what is broken.
 */
export class BrokenTransport implements Transport {
  readonly target: string;
  readonly #damage: JetpackError;

  constructor(damage: JetpackError) {
    this.#damage = damage;
    this.target = `nowhere: ${damage.message}`;
  }

  async send(): Promise<Outcome> {
    throw this.#damage;
  }

  async close(): Promise<void> {
    // There is nothing to close.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
