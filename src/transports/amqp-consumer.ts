import { JetpackError, TemporaryError } from '../errors.js';
import type {
  Delivery,
  ReceivedMessage,
  Settlement,
  SubscribeOptions,
  Subscription,
} from '../message-source.js';
import type { ConnectionOptions, OpenConnection } from './amqp-connection.js';
import { openConnection } from './amqp-connection.js';
import { connectError, connectionReason } from './amqp-error.js';

type Channel = Awaited<ReturnType<OpenConnection['connection']['createChannel']>>;
type Arrival = NonNullable<Parameters<Parameters<Channel['consume']>[1]>[0]>;

/** The library promises no types here, and a publisher may set anything. */
type Properties = { readonly [Name in keyof Arrival['properties']]: unknown };

/** What {@link openConsumer} subscribes to. */
export interface ConsumerOptions extends SubscribeOptions {
  readonly exchange: string;
  readonly connection: ConnectionOptions;
}

/** Milliseconds a broker has to say goodbye. */
const closeTimeout = 1000;

/** Connects, declares exchange and queue, binds and consumes. */
export async function openConsumer(options: ConsumerOptions): Promise<Subscription> {
  return openConnection(options.connection, async (parts) => {
    const channel = await parts.connection.createChannel();
    const consumer = new AmqpConsumer(options, { ...parts, channel });
    await consumer.begin();
    return consumer;
  });
}

/** One connection with one channel that consumes. */
class AmqpConsumer implements Subscription {
  readonly lost: Promise<JetpackError>;
  readonly #options: ConsumerOptions;
  readonly #parts: OpenConnection & { readonly channel: Channel };
  #tag: string | undefined;
  #isStopped = false;
  #cause: unknown;
  #isLost = false;
  #lose: (error: JetpackError) => void = () => undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ConsumerOptions, parts: OpenConnection & { readonly channel: Channel }) {
    this.#options = options;
    this.#parts = parts;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#listen();
  }

  async begin(): Promise<void> {
    try {
      // A channel that is refused while it is set up may leave a call without an answer.
      await Promise.race([this.#consume(), this.#untilLost()]);
    } catch (error) {
      throw this.#refusal(this.#cause ?? error);
    }
  }

  /** Rejects when it is lost. */
  async #untilLost(): Promise<never> {
    throw await this.lost;
  }

  async #consume(): Promise<void> {
    const { channel } = this.#parts;
    const { exchange, patterns, prefetch } = this.#options;
    // What begins with `amq.` belongs to the broker: it may only be looked at.
    if (exchange.startsWith('amq.')) await channel.checkExchange(exchange);
    else await channel.assertExchange(exchange, 'topic', { durable: true });
    const queue = await this.#declareQueue();
    for (const pattern of patterns) await channel.bindQueue(queue, exchange, pattern);
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(queue, this.#onArrival);
    this.#tag = consumerTag;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#isLost || this.#tag === undefined) return;
    // A channel that is gone delivers nothing either.
    await withDeadline(this.#parts.channel.cancel(this.#tag));
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isStopped = true;
    if (!this.#isLost) await withDeadline(this.#parts.connection.close()); // gone already is as good
    this.#end('the receiver was closed');
  }

  /**
   * Named, it outlives us, and one that is there is taken as it is: a person may have given it a dead-letter exchange or
   * another type. Without a name it is ours alone, and the broker names it.
   */
  async #declareQueue(): Promise<string> {
    const { channel } = this.#parts;
    const { queue } = this.#options;
    if (queue === undefined) {
      return (await channel.assertQueue('', { exclusive: true, autoDelete: true })).queue;
    }
    if (!(await this.#hasQueue(queue))) await channel.assertQueue(queue, { durable: true });
    return queue;
  }

  /** On a channel of its own, because the answer no closes the channel. */
  async #hasQueue(queue: string): Promise<boolean> {
    const channel = await this.#parts.connection.createChannel();
    channel.on('error', () => undefined); // the call below rejects as well
    try {
      await channel.checkQueue(queue);
      await channel.close();
      return true;
    } catch {
      return false; // what else may be wrong with it shows when it is declared
    }
  }

  #listen(): void {
    const { channel, connection } = this.#parts;
    const remember = (error: unknown): void => {
      this.#cause ??= error; // what follows is our own doing
    };
    channel.on('error', remember);
    connection.on('error', remember);
    channel.on('close', () => {
      this.#end(`the channel was closed: ${connectionReason(this.#cause ?? 'by the broker')}`);
    });
    connection.on('close', (error?: unknown) => {
      this.#end(`the connection was lost: ${connectionReason(error ?? this.#cause ?? 'closed')}`);
    });
  }

  /** A connection without its channel is of no use. */
  #end(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const { target } = this.#options.connection;
    this.#lose(
      new TemporaryError('ERR_JETPACK_UNREACHABLE', `cannot receive from ${target}: ${reason}`),
    );
    this.#parts.socket.abort();
  }

  readonly #onArrival = (arrival: Arrival | null): void => {
    if (arrival === null) {
      this.#end('the queue was deleted');
      return;
    }
    if (this.#isStopped) return; // not settled: it goes back to the queue
    this.#options.onDelivery(this.#deliveryOf(arrival));
  };

  #deliveryOf(arrival: Arrival): Delivery {
    return {
      message: messageOf(arrival),
      isRepeated: arrival.fields.redelivered,
      settle: (settlement) => {
        this.#settle(arrival, settlement);
      },
    };
  }

  #settle(arrival: Arrival, settlement: Settlement): void {
    if (this.#isLost) return;
    const { channel } = this.#parts;
    if (settlement === 'done') channel.ack(arrival);
    else channel.nack(arrival, false, settlement === 'again');
  }

  #refusal(error: unknown): JetpackError {
    const { exchange, queue, connection } = this.#options;
    const what = `from the exchange ${exchange}${queue === undefined ? '' : ` by the queue ${queue}`}`;
    const failed = `cannot receive ${what} of ${connection.target}`;
    switch (codeOf(error)) {
      case 403:
        return new JetpackError(
          'ERR_JETPACK_PERMISSION',
          `${failed}: the broker refuses this user`,
          { cause: error },
        );
      case 404:
        return new JetpackError('ERR_JETPACK_BAD_CONFIG', `${failed}: it is not there`, {
          cause: error,
        });
      case 405:
        return new JetpackError(
          'ERR_JETPACK_LOCKED',
          `${failed}: another connection has the queue for itself`,
          { cause: error },
        );
      case 406:
        return new JetpackError(
          'ERR_JETPACK_BAD_CONFIG',
          `${failed}: one of them exists with other properties than durable, and topic for the exchange`,
          { cause: error, hint: 'delete it at the broker, or use another name' },
        );
      default:
        return connectError(error, connection.target);
    }
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function messageOf({ fields, properties, content }: Arrival): Omit<ReceivedMessage, 'json'> {
  const { messageId, timestamp, type, contentType, headers }: Properties = properties;
  return {
    messageId: textOf(messageId),
    timestamp: typeof timestamp === 'number' ? timestamp * 1000 : 0,
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    type: textOf(type),
    contentType: textOf(contentType),
    headers: { ...(typeof headers === 'object' ? headers : {}) },
    body: content,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Resolves when it has ended, however, and at the latest after a second. */
async function withDeadline(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeTimeout);
  });
  const ended = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([ended, late]);
  clearTimeout(timer);
}
