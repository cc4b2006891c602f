import type { Message, Outcome } from '../transport.js';
import { openConnection } from './amqp-connection.js';
import type { ChannelModel, ConfirmChannel, ConnectionOptions } from './amqp-connection.js';
import { blockedError, connectionReason, exchangeError, isMessageRefusal } from './amqp-error.js';
import { propertiesOf } from './amqp-properties.js';

/** What {@link openLink} connects to. */
export interface LinkOptions extends ConnectionOptions {
  /** Milliseconds to wait for the confirm of a message. */
  readonly confirmTimeout: number;
}

/** One attempt to publish. */
export interface PublishOptions {
  readonly attempt: number;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds a broker has to say goodbye. */
const closeTimeout = 1000;

const noop = (): void => undefined;

/** Milliseconds that what is on its way waits when the broker blocks the connection: most alarms are short. */
const blockedGrace = 1000;

interface Open {
  readonly message: Message;
  isReturned?: boolean;
  /** Whoever waits for it; nobody when the connection was blocked for too long. */
  settle?: ((outcome: Outcome) => void) | undefined;
  /** What came when nobody waited any more: the answer to the next attempt. */
  outcome?: Outcome;
}

/** Connects, logs in and opens a channel with publisher confirms. Rejects with what the client library says. */
export async function openLink(options: LinkOptions): Promise<AmqpLink> {
  return openConnection(options, async ({ connection, socket }) => {
    const channel = await connection.createConfirmChannel();
    return new AmqpLink(options, { connection, channel, socket });
  });
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
  #blocked: { readonly reason: string; readonly timer: NodeJS.Timeout } | undefined;
  #cause: unknown;
  #refused: string | undefined;

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

  /** Why the broker has ended the channel, when it was for one of the messages that were open. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /** Resolves when the exchange is there: durable, topic. Asked once a connection; it has the deadline of a confirm. */
  async declare(exchange: string): Promise<void> {
    let declared = this.#exchanges.get(exchange);
    if (declared === undefined) {
      if (this.#blocked !== undefined) this.#refuseBlocked(this.#blocked.reason);
      declared = this.#declare(exchange);
      declared.catch(() => undefined); // whoever awaits it is told
      this.#exchanges.set(exchange, declared);
    }
    return declared;
  }

  /**
   * Publishes and resolves with what became of it, at the latest when the deadline is over. Rejects when nothing can
   * leave, because the broker blocks the connection.
   */
  async publish(message: Message, { attempt, signal }: PublishOptions): Promise<Outcome> {
    if (this.#lost !== undefined) return { status: 'unknown', reason: this.#lost };
    const before = this.#open.get(message.messageId);
    if (before?.outcome !== undefined) {
      this.#open.delete(message.messageId);
      return before.outcome;
    }
    if (this.#blocked !== undefined) this.#refuseBlocked(this.#blocked.reason);
    return new Promise((resolve) => {
      const open: Open = before ?? { message };
      open.settle = this.#settler(message.messageId, signal, resolve);
      this.#open.set(message.messageId, open);
      if (before !== undefined) return; // it is on its way, and was never answered
      try {
        this.#put(message, attempt);
      } catch (error) {
        // The library refuses what it cannot encode; nothing has left, and no later attempt differs.
        open.settle(this.#refusal(error));
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

  #refuseBlocked(reason: string): never {
    throw blockedError(this.#options.target, reason);
  }

  #settler(
    messageId: string,
    signal: AbortSignal | undefined,
    resolve: (outcome: Outcome) => void,
  ): (outcome: Outcome) => void {
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
      this.#open.delete(messageId);
      resolve(outcome);
    };
    return settle;
  }

  #listen(): void {
    this.#channel.on('return', ({ properties }) => {
      const open = this.#open.get(String(properties.messageId));
      if (open !== undefined) open.isReturned = true;
    });
    this.#channel.on('error', (error) => {
      this.#blame(error);
    });
    // Before the library's own listener, which fails all callbacks: they must see that it was not the broker's refusal.
    this.#channel.prependListener('close', () => {
      this.#lose(`the channel was closed: ${connectionReason(this.#cause ?? 'by the broker')}`);
      if (!this.#isClosing) this.#socket.abort(); // a connection without its channel is of no use
    });
    this.#connection.on('error', (error) => {
      this.#blame(error);
    });
    this.#connection.on('close', (error) => {
      this.#lose(`the connection was lost: ${connectionReason(error ?? this.#cause ?? 'closed')}`);
    });
    this.#connection.on('blocked', (reason) => {
      this.#block(reason);
    });
    this.#connection.on('unblocked', () => {
      clearTimeout(this.#blocked?.timer);
      this.#blocked = undefined;
    });
  }

  #blame(error: unknown): void {
    this.#cause = error;
    if (isMessageRefusal(error)) this.#refused = connectionReason(error);
  }

  /**
   * The broker reads nothing more. What is on its way arrives when it does again, and its confirm then answers the next
   * attempt: sent again on this connection, it would arrive twice.
   */
  #block(reason: string): void {
    if (this.#blocked !== undefined) return;
    const timer = setTimeout(() => {
      const { message } = blockedError(this.#options.target, reason);
      for (const open of this.#open.values()) {
        const { settle } = open;
        settle?.({ status: 'unknown', reason: message });
        open.settle = undefined;
        if (settle !== undefined) this.#open.set(open.message.messageId, open);
      }
    }, blockedGrace);
    this.#blocked = { reason, timer };
  }

  #put(message: Message, attempt: number): void {
    const { exchange, routingKey, body } = message;
    const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const onConfirm = (error: unknown): void => {
      this.#confirmed(message, error);
    };
    this.#channel.publish(exchange, routingKey, content, propertiesOf(message, attempt), onConfirm);
  }

  #confirmed(message: Message, error: unknown): void {
    const open = this.#open.get(message.messageId);
    if (open === undefined) return;
    const outcome = this.#outcomeOf(open, error);
    if (open.settle === undefined) open.outcome = outcome;
    else open.settle(outcome);
  }

  #outcomeOf({ message, isReturned }: Open, error: unknown): Outcome {
    const { routingKey, exchange } = message;
    if (this.#lost !== undefined) return { status: 'unknown', reason: this.#lost };
    if (error !== null && error !== undefined) {
      return { status: 'rejected', reason: 'the broker refused it', permanent: false };
    }
    if (isReturned !== true) return { status: 'confirmed' };
    const reason = `returned: no queue is bound for the routing key ${routingKey} on the exchange ${exchange}`;
    return { status: 'rejected', reason, permanent: false };
  }

  #refusal(error: unknown): Outcome {
    if (this.#lost !== undefined) return { status: 'unknown', reason: this.#lost };
    const reason = `it cannot be encoded: ${error instanceof Error ? error.message : String(error)}`;
    return { status: 'rejected', reason, permanent: true };
  }

  /** A connection on which one confirm is late is not waited for again: it is dropped, and with it all that is open. */
  #expire(): void {
    const seconds = this.#options.confirmTimeout / 1000;
    this.#lose(`no answer from ${this.#options.target} within ${seconds} s`);
    this.#socket.abort();
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    clearTimeout(this.#blocked?.timer);
    for (const { settle } of this.#open.values()) settle?.({ status: 'unknown', reason });
  }

  async #declare(exchange: string): Promise<void> {
    if (exchange === '') return; // the default exchange is always there, and cannot be declared
    const timer = setTimeout(() => {
      this.#expire();
    }, this.#options.confirmTimeout);
    let refusal: unknown;
    try {
      // On a channel of its own, because a refused declaration closes the channel.
      const channel = await this.#connection.createChannel();
      channel.on('error', (error) => {
        refusal = error;
      });
      // What begins with `amq.` belongs to the broker: it may only be looked at.
      if (exchange.startsWith('amq.')) await channel.checkExchange(exchange);
      else await channel.assertExchange(exchange, 'topic', { durable: true });
      await channel.close();
    } catch (error) {
      throw exchangeError(refusal ?? error, exchange, this.#options.target);
    } finally {
      clearTimeout(timer);
    }
  }
}
