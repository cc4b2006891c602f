import { UsageError } from '../errors.js';
import { AbortGroup } from '../internal/abort-group.js';
import { abortedError, throwIfAborted } from '../internal/abort.js';
import { redactUrl } from '../internal/redact.js';
import type { MessageSource, SubscribeOptions, Subscription } from '../message-source.js';
import { AmqpBrokers } from './amqp-brokers.js';
import type { AmqpTransportOptions } from './amqp.js';

/**
 * What {@link AmqpSource} is made from.
 *
 * @public
 */
export interface AmqpSourceOptions extends Omit<AmqpTransportOptions, 'confirmTimeout'> {
  /** The topic exchange that queues are bound to. It is declared when it is not there. @defaultValue `cyclecloud` */
  readonly exchange?: string;
}

/**
 * Messages out of a queue of an AMQP 0-9-1 broker: a named one is durable and shared by all who use its name, without a
 * name it is exclusive and goes away with the connection. Each subscription has a connection of its own.
 *
 * @public
 */
export class AmqpSource implements MessageSource {
  /** All brokers' urls, separated by commas, each without user info and query. */
  readonly target: string;
  readonly #exchange: string;
  readonly #brokers: AmqpBrokers;
  readonly #aborts = new AbortGroup();

  /** Connects to nothing yet. */
  constructor({ exchange = 'cyclecloud', ...options }: AmqpSourceOptions) {
    if (options.urls.length === 0) {
      throw new UsageError('an AMQP source needs at least one url, got none');
    }
    this.#exchange = exchange;
    this.#brokers = new AmqpBrokers(options);
    this.target = options.urls.map(redactUrl).join(', ');
  }

  /** As {@link MessageSource.subscribe} says. The brokers are tried in turn. */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { signal } = options;
    throwIfAborted('the receiving', signal);
    const { openConsumer } = await import('./amqp-consumer.js');
    const exchange = this.#exchange;
    try {
      return await this.#brokers.connect({ signal, aborts: this.#aborts }, async (connection) =>
        openConsumer({ ...options, exchange, connection }),
      );
    } catch (error) {
      if (signal.aborted) throw abortedError('the receiving', signal);
      throw error;
    }
  }
}
