import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';

import type { AbortGroup } from '../internal/abort-group.js';
import type { Message, Outcome } from '../transport.js';
import { connectionReason, exchangeError } from './amqp-error.js';

/** What {@link openLink} connects to. */
export interface LinkOptions {
  /** With credentials. */
  readonly url: string;
  /** The same for a person. */
  readonly target: string;
  readonly tls?: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly rejectUnauthorized: boolean;
  };
  /** Milliseconds to connect and to log in. */
  readonly connectTimeout: number;
  /** Milliseconds to wait for the confirm of a message. */
  readonly confirmTimeout: number;
  /** Ends the attempt to connect. */
  readonly signal: AbortSignal;
  /** Through which many publishes share a signal. */
  readonly aborts: AbortGroup;
}

/** The part of it that a connection is made with. */
export type ConnectionOptions = Omit<LinkOptions, 'confirmTimeout'>;

/** A connection, and what ends its socket at once. */
export interface OpenConnection {
  readonly connection: ChannelModel;
  readonly socket: AbortController;
}

/** One attempt to publish. */
export interface PublishOptions {
  readonly attempt: number;
  readonly signal?: AbortSignal | undefined;
}

/** Seconds. RabbitMQ and we end a connection on which nothing came for twice as long. */
const heartbeatSeconds = 10;

/** Milliseconds a broker has to say goodbye. */
const closeTimeout = 1000;

const noop = (): void => undefined;

interface Open {
  readonly message: Message;
  returned?: string;
  readonly settle: (outcome: Outcome) => void;
}

/** Connects, logs in and opens a channel with publisher confirms. Rejects with what the client library says. */
export async function openLink(options: LinkOptions): Promise<AmqpLink> {
  return openConnection(options, async ({ connection, socket }) => {
    const channel = await connection.createConfirmChannel();
    return new AmqpLink(options, { connection, channel, socket });
  });
}

/** Connects, logs in and opens what is needed on it. Rejects with what the client library says. */
export async function openConnection<T>(
  options: ConnectionOptions,
  open: (parts: OpenConnection) => Promise<T>,
): Promise<T> {
  const { connect } = await import('amqplib');
  const socket = new AbortController();
  // The whole of it has one deadline: a server that answers a byte a second is none.
  const timer = setTimeout(() => {
    socket.abort(new Error('connect ETIMEDOUT'));
  }, options.connectTimeout);
  const forget = options.aborts.add(options.signal, () => {
    socket.abort();
  });
  try {
    const settings = {
      ...options.tls,
      noDelay: true,
      timeout: options.connectTimeout,
      // Handed on to net.connect and tls.connect: the only way to a socket that hangs.
      signal: socket.signal,
      clientProperties: { connection_name: `jetpack ${process.pid}` },
    };
    const connection = await connect(withHeartbeat(options.url), settings);
    connection.on('error', () => undefined); // `close` follows, and is where a lost connection is dealt with
    return await open({ connection, socket });
  } catch (error) {
    socket.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    forget();
  }
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) {
    parsed.searchParams.set('heartbeat', String(heartbeatSeconds));
  }
  return parsed.toString();
}

/** One connection with one channel, from its opening to its end. */
export class AmqpLink {
  readonly #options: LinkOptions;
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #socket: AbortController;
  readonly #open = new Map<string, Open>();
  readonly #exchanges = new Map<string, Promise<void>>();
  #lost: string | undefined;
  #isClosing = false;
  #blocked: string | undefined;
  #cause: unknown;

  constructor(
    options: LinkOptions,
    parts: { connection: ChannelModel; channel: ConfirmChannel; socket: AbortController },
  ) {
    this.#options = options;
    this.#connection = parts.connection;
    this.#channel = parts.channel;
    this.#socket = parts.socket;
    this.#listen();
  }

  /** False when it is of no use any more. */
  get isOpen(): boolean {
    return this.#lost === undefined;
  }

  /** Resolves when the exchange is there: durable, topic. Asked once a connection. */
  async declare(exchange: string): Promise<void> {
    let declared = this.#exchanges.get(exchange);
    if (declared === undefined) {
      declared = this.#declare(exchange);
      declared.catch(() => undefined); // whoever awaits it is told
      this.#exchanges.set(exchange, declared);
    }
    return declared;
  }

  /** Publishes and resolves with what became of it, at the latest when the deadline is over. */
  async publish(message: Message, { attempt, signal }: PublishOptions): Promise<Outcome> {
    if (this.#lost !== undefined) return { status: 'unknown', reason: this.#lost };
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#expire();
      }, this.#options.confirmTimeout);
      const forget =
        signal === undefined
          ? noop
          : this.#options.aborts.add(signal, () => {
              settle({ status: 'unknown', reason: 'the sending was interrupted' });
            });
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        forget();
        this.#open.delete(message.messageId);
        resolve(outcome);
      };
      this.#open.set(message.messageId, { message, settle });
      try {
        this.#put(message, attempt);
      } catch (error) {
        // The library refuses what it cannot encode; nothing has left, and no later attempt differs.
        settle(this.#refusal(error));
      }
    });
  }

  /** Says goodbye, or lets go when the broker does not answer; what is open becomes unknown. */
  async close(): Promise<void> {
    const isFirst = this.#lost === undefined;
    this.#isClosing = true;
    this.#lose('the transport was closed');
    if (isFirst) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeTimeout);
      });
      // Already gone is as good as closed.
      await Promise.race([this.#connection.close().catch(() => undefined), late]);
      clearTimeout(timer);
    }
    this.#socket.abort();
  }

  #listen(): void {
    this.#channel.on('return', ({ fields, properties }) => {
      const open = this.#open.get(String(properties.messageId));
      if (open !== undefined) open.returned = 'replyText' in fields ? String(fields.replyText) : '';
    });
    this.#channel.on('error', (error) => {
      this.#cause = error;
    });
    // Before the library's own listener, which fails all callbacks: they must see that it was not the broker's refusal.
    this.#channel.prependListener('close', () => {
      this.#lose(`the channel was closed: ${connectionReason(this.#cause ?? 'by the broker')}`);
      if (!this.#isClosing) this.#socket.abort(); // a connection without its channel is of no use
    });
    this.#connection.on('error', (error) => {
      this.#cause = error;
    });
    this.#connection.on('close', (error) => {
      this.#lose(`the connection was lost: ${connectionReason(error ?? this.#cause ?? 'closed')}`);
    });
    this.#connection.on('blocked', (reason) => {
      this.#blocked = reason;
    });
    this.#connection.on('unblocked', () => {
      this.#blocked = undefined;
    });
  }

  #put(message: Message, attempt: number): void {
    const { exchange, routingKey, body } = message;
    const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const onConfirm = (error: unknown): void => {
      this.#confirmed(message, error);
    };
    this.#channel.publish(exchange, routingKey, content, propertiesOf(message, attempt), onConfirm);
  }

  #confirmed({ messageId, routingKey, exchange }: Message, error: unknown): void {
    const open = this.#open.get(messageId);
    if (open === undefined) return;
    if (this.#lost !== undefined) {
      open.settle({ status: 'unknown', reason: this.#lost });
    } else if (error !== null && error !== undefined) {
      open.settle({ status: 'rejected', reason: 'the broker refused it', permanent: false });
    } else if (open.returned !== undefined) {
      const reason = `returned: no queue is bound for the routing key ${routingKey} on the exchange ${exchange}`;
      open.settle({ status: 'rejected', reason, permanent: false });
    } else {
      open.settle({ status: 'confirmed' });
    }
  }

  #refusal(error: unknown): Outcome {
    if (this.#lost !== undefined) return { status: 'unknown', reason: this.#lost };
    const reason = `it cannot be encoded: ${error instanceof Error ? error.message : String(error)}`;
    return { status: 'rejected', reason, permanent: true };
  }

  /** A connection on which one confirm is late is not waited for again: it is dropped, and with it all that is open. */
  #expire(): void {
    const seconds = this.#options.confirmTimeout / 1000;
    const why = this.#blocked === undefined ? '' : `: it is blocked: ${this.#blocked}`;
    this.#lose(`no confirm from ${this.#options.target} within ${seconds} s${why}`);
    this.#socket.abort();
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    for (const { settle } of this.#open.values()) settle({ status: 'unknown', reason });
  }

  async #declare(exchange: string): Promise<void> {
    if (exchange === '') return; // the default exchange is always there, and cannot be declared
    // On a channel of its own, because a refused declaration closes the channel.
    const channel = await this.#connection.createChannel();
    let refusal: unknown;
    channel.on('error', (error) => {
      refusal = error;
    });
    try {
      // What begins with `amq.` belongs to the broker: it may only be looked at.
      if (exchange.startsWith('amq.')) await channel.checkExchange(exchange);
      else await channel.assertExchange(exchange, 'topic', { durable: true });
      await channel.close();
    } catch (error) {
      throw exchangeError(refusal ?? error, exchange, this.#options.target);
    }
  }
}

function propertiesOf(message: Message, attempt: number): Options.Publish {
  return {
    mandatory: true,
    deliveryMode: 2, // persistent
    messageId: message.messageId,
    timestamp: Math.floor(message.timestamp / 1000),
    appId: 'jetpack',
    type: message.type,
    contentType: message.contentType,
    headers: { ...message.headers, attempt },
  };
}
