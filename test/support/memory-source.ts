import type { Delivery, MessageSource, SubscribeOptions, Subscription } from '../../src/index.js';
import { JetpackError } from '../../src/index.js';
import { makeMessage } from './message.js';

/** A queue in memory: what is settled as `again` stands in `settled` and is delivered when the test says so. */
export class MemorySource implements MessageSource {
  readonly target = 'memory:';
  readonly settled: string[] = [];
  /** Errors that the next attempts to subscribe end with. */
  readonly failures: JetpackError[] = [];
  subscriptions = 0;
  #options: SubscribeOptions | undefined;
  #lose: (error: JetpackError) => void = () => undefined;

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.subscriptions++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.#options = options;
    const lost = new Promise<JetpackError>((resolve) => {
      this.#lose = resolve;
    });
    return {
      lost,
      stop: async () => undefined,
      close: async () => {
        this.lose('closed');
      },
    };
  }

  get options(): SubscribeOptions | undefined {
    return this.#options;
  }

  deliver(messageId: string, parts: { body?: string; isRepeated?: boolean } = {}): void {
    const { body = 'body', isRepeated = false } = parts;
    const message = makeMessage({ messageId, body: Buffer.from(body) });
    const settle: Delivery['settle'] = (settlement) => {
      this.settled.push(`${messageId}: ${settlement}`);
    };
    this.#options?.onDelivery({ message, isRepeated, settle });
  }

  lose(why: string): void {
    this.#lose(new JetpackError('ERR_JETPACK_UNREACHABLE', why));
  }
}
