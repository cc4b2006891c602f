import fs from 'node:fs/promises';

import { JetpackError, UsageError } from '../errors.js';
import { AbortGroup } from '../internal/abort-group.js';
import { abortedError } from '../internal/abort.js';
import { readError } from '../internal/fs-error.js';
import { redactUrl } from '../internal/redact.js';
import type { Message, Outcome, Transport, TransportSendOptions } from '../transport.js';
import { connectError } from './amqp-error.js';
import type { AmqpLink, LinkOptions } from './amqp-link.js';

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
  /** Told what a person should know about a connection, in one line. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
}

type Tls = NonNullable<LinkOptions['tls']>;

/** What AMQP 0-9-1 can carry as a routing key, and RabbitMQ as a message by default: bytes. */
const limits = { routingKey: 255, body: 128 * 1024 * 1024 };

/**
 * AMQP 0-9-1 with publisher confirms, over one connection with one channel. Messages are persistent and mandatory: one
 * that no queue is bound for is rejected, and not lost. Exchanges are declared once a connection: topic, durable.
 *
 * `send` also rejects with `ERR_JETPACK_BAD_CONFIG` when the exchange exists with other properties.
 *
 * @public
 */
export class AmqpTransport implements Transport {
  /** All brokers' urls, separated by commas, each without user info and query. */
  readonly target: string;
  readonly #options: AmqpTransportOptions;
  readonly #closing = new AbortController();
  readonly #aborts = new AbortGroup();
  #link: AmqpLink | undefined;
  #opening: Promise<AmqpLink> | undefined;
  #first = 0;
  #closed: Promise<void> | undefined;

  /** Connects to nothing yet. */
  constructor(options: AmqpTransportOptions) {
    if (options.urls.length === 0) {
      throw new UsageError('an AMQP transport needs at least one url, got none');
    }
    this.#options = options;
    this.target = options.urls.map(redactUrl).join(', ');
  }

  /** As {@link Transport.send} says. The exchange is declared first, and the confirm has a deadline. */
  async send(message: Message, options: TransportSendOptions = {}): Promise<Outcome> {
    this.#assertOpen(options.signal);
    const refusal = refusalOf(message);
    if (refusal !== undefined) return { status: 'rejected', reason: refusal, permanent: true };
    const link = await this.#connected();
    await link.declare(message.exchange);
    this.#assertOpen(options.signal);
    return link.publish(message, { attempt: options.attempt ?? 1, signal: options.signal });
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

  /** Tries each broker once, beginning with the one that answered last. */
  async #connect(): Promise<AmqpLink> {
    const tls = await this.#readTls();
    const { urls } = this.#options;
    const errors: JetpackError[] = [];
    for (let turn = 0; turn < urls.length; turn++) {
      const index = (this.#first + turn) % urls.length;
      try {
        const link = await this.#open(urls[index] ?? '', tls);
        this.#first = index;
        return link;
      } catch (error) {
        this.#assertOpen(undefined);
        errors.push(connectError(error, redactUrl(urls[index] ?? '')));
      }
    }
    throw mostTelling(errors);
  }

  async #open(url: string, tls: Tls): Promise<AmqpLink> {
    const { connectTimeout = 5000, confirmTimeout = 10_000, onWarning } = this.#options;
    const target = redactUrl(url);
    const isSecure = url.startsWith('amqps:');
    if (isSecure && !tls.rejectUnauthorized) {
      onWarning?.(`the certificate of ${target} is not verified: broker.insecureSkipVerify is set`);
    }
    const { openLink } = await import('./amqp-link.js');
    return openLink({
      url,
      target,
      ...(isSecure ? { tls } : {}),
      connectTimeout,
      confirmTimeout,
      signal: this.#closing.signal,
      aborts: this.#aborts,
    });
  }

  /** Read at every connect: certificates are renewed under a running service. */
  async #readTls(): Promise<Tls> {
    const { ca, cert, key, insecureSkipVerify = false } = this.#options;
    return {
      ...(ca === undefined ? {} : { ca: await readPem(ca) }),
      ...(cert === undefined ? {} : { cert: await readPem(cert) }),
      ...(key === undefined ? {} : { key: await readPem(key) }),
      rejectUnauthorized: !insecureSkipVerify,
    };
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

async function readPem(file: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await fs.readFile(file);
  } catch (error) {
    const { message } = readError(error, file);
    const code = readError(error, file).code;
    if (code === 'ERR_JETPACK_PERMISSION') throw readError(error, file);
    throw new JetpackError('ERR_JETPACK_BAD_CONFIG', message, { cause: error, path: file });
  }
  if (content.includes('-----BEGIN ')) return content;
  throw new JetpackError('ERR_JETPACK_BAD_CONFIG', `cannot use ${file}: it is not a PEM file`, {
    path: file,
  });
}

/** Of several brokers' errors the one that a person can do something about. */
function mostTelling(errors: readonly JetpackError[]): JetpackError {
  const lasting = errors.find((error) => error.code !== 'ERR_JETPACK_UNREACHABLE');
  const chosen = lasting ?? errors.at(-1);
  if (chosen !== undefined) return chosen;
  return new JetpackError('ERR_JETPACK_BUG', 'cannot connect: no broker was tried');
}
