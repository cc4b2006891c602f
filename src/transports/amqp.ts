import { UsageError } from '../errors.js';
import { AbortGroup } from '../internal/abort-group.js';
import { abortedError } from '../internal/abort.js';
import { redactUrl } from '../internal/redact.js';
import type { Message, Outcome, Transport, TransportSendOptions } from '../transport.js';
import { AmqpBrokers } from './amqp-brokers.js';
import type { AmqpCredentials } from './amqp-connection.js';
import type { AmqpLink } from './amqp-link.js';
import type { Attempt } from './amqp-suspects.js';
import { Suspects } from './amqp-suspects.js';

/**
 * What {@link AmqpTransport} is made from.
 *
 * @public
 */
export interface AmqpTransportOptions {
  /** `amqp:` or `amqps:` urls of one cluster of brokers, with user name and password; tried in turn. */
  readonly urls: readonly string[];
  /** File with the certificates of the authorities that are trusted (PEM). @defaultValue those Node trusts */
  readonly ca?: string;
  /** File with our certificate (PEM). @defaultValue none is shown */
  readonly cert?: string;
  /** File with its key (PEM). */
  readonly key?: string;
  /** Accepts any certificate. Every connect then gives a warning. @defaultValue false */
  readonly insecureSkipVerify?: boolean;
  /** Milliseconds to connect to one broker and to log in. @defaultValue 5 000 */
  readonly connectTimeout?: number;
  /** Milliseconds to wait for a confirm, after which the outcome is unknown. @defaultValue 10 000 */
  readonly confirmTimeout?: number;
  /**
   * Asked for user name and password at every connect, in the place of those of the urls: for credentials that change.
   * @defaultValue those of the url
   */
  readonly credentials?: () => Promise<AmqpCredentials>;
  /** Told what a person should know about a connection, in one line. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
}

/** What AMQP 0-9-1 can carry as a routing key, and RabbitMQ as a message by default: bytes. */
const limits = { routingKey: 255, body: 128 * 1024 * 1024 };

/**
 * AMQP 0-9-1 with publisher confirms, over one connection with one channel. Messages are persistent and mandatory: one
 * that no queue is bound for is rejected, and not lost. Exchanges are declared once a connection: topic, durable.
 *
 * `send` also rejects with `ERR_JETPACK_BAD_CONFIG` when the exchange exists with other properties, and when a certificate
 * is refused, ours or the broker's. A message over which the broker ends the channel (too large for it) is found by
 * sending what was on its way one by one, and is rejected for good the third time. While the broker is out of memory
 * or disk it takes nothing, and `send` rejects with `ERR_JETPACK_UNREACHABLE`.
 *
 * @public
 */
export class AmqpTransport implements Transport {
  /** All brokers' urls, separated by commas, each without user info and query. */
  readonly target: string;
  readonly #brokers: AmqpBrokers;
  readonly #confirmTimeout: number;
  readonly #suspects: Suspects;
  readonly #closing = new AbortController();
  readonly #aborts = new AbortGroup();
  #link: AmqpLink | undefined;
  #opening: Promise<AmqpLink> | undefined;
  #closed: Promise<void> | undefined;

  /** Connects to nothing yet. */
  constructor(options: AmqpTransportOptions) {
    if (options.urls.length === 0) {
      throw new UsageError('an AMQP transport needs at least one url, got none');
    }
    this.#brokers = new AmqpBrokers(options);
    this.#confirmTimeout = options.confirmTimeout ?? 10_000;
    this.#suspects = new Suspects(this.#confirmTimeout);
    this.target = options.urls.map(redactUrl).join(', ');
  }

  /** As {@link Transport.send} says. The exchange is declared first, and the confirm has a deadline. */
  async send(message: Message, options: TransportSendOptions = {}): Promise<Outcome> {
    this.#assertOpen(options.signal);
    const refusal = refusalOf(message);
    if (refusal !== undefined) return { status: 'rejected', reason: refusal, permanent: true };
    return this.#suspects.run(message.messageId, async () => this.#attempt(message, options));
  }

  /** As {@link Transport.close} says. An attempt to connect that is under way ends as well. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** {@link AmqpTransport.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #attempt(message: Message, options: TransportSendOptions): Promise<Attempt> {
    const { attempt = 1, signal } = options;
    const link = await this.#connected();
    await link.declare(message.exchange);
    this.#assertOpen(signal);
    const outcome = await link.publish(message, { attempt, signal });
    return { outcome, refusal: link.refused };
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    // An attempt that is under way ends with an error that its own callers are told.
    await this.#opening?.catch(() => undefined);
    await this.#link?.close();
  }

  #assertOpen(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted || signal?.aborted === true) {
      throw abortedError('the sending', signal);
    }
  }

  /** The connection, made anew when there is none; one attempt serves all who wait for it. */
  async #connected(): Promise<AmqpLink> {
    if (this.#opening !== undefined) return this.#opening;
    if (this.#link?.isOpen === true) return this.#link;
    this.#opening = this.#connect();
    try {
      this.#link = await this.#opening;
      return this.#link;
    } finally {
      this.#opening = undefined;
    }
  }

  async #connect(): Promise<AmqpLink> {
    const attempt = { signal: this.#closing.signal, aborts: this.#aborts };
    try {
      return await this.#brokers.connect(attempt, async (options) => {
        const { openLink } = await import('./amqp-link.js');
        return openLink({ ...options, confirmTimeout: this.#confirmTimeout });
      });
    } catch (error) {
      this.#assertOpen(undefined);
      throw error;
    }
  }
}

function refusalOf({ routingKey, body }: Message): string | undefined {
  const length = Buffer.byteLength(routingKey);
  if (length > limits.routingKey) {
    return `its routing key has ${length} bytes, at most ${limits.routingKey} are allowed`;
  }
  if (body.length > limits.body) return `it has ${body.length} bytes, at most ${limits.body}`;
  return undefined;
}
