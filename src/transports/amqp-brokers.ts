import fs from 'node:fs/promises';

import { JetpackError } from '../errors.js';
import { readError } from '../internal/fs-error.js';
import { redactUrl } from '../internal/redact.js';
import type { ConnectionOptions } from './amqp-connection.js';
import { connectError } from './amqp-error.js';
import type { AmqpTransportOptions } from './amqp.js';

type Tls = NonNullable<ConnectionOptions['tls']>;

/** Which brokers, and what connects to one of them. */
export type BrokerOptions = Omit<AmqpTransportOptions, 'confirmTimeout'>;

/** What each attempt to connect gets besides its url. */
export type AttemptOptions = Pick<ConnectionOptions, 'signal' | 'aborts'>;

/** Tries each broker of a cluster in turn, beginning with the one that answered last. */
export class AmqpBrokers {
  readonly #options: BrokerOptions;
  #first = 0;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  async connect<T>(
    attempt: AttemptOptions,
    open: (options: ConnectionOptions) => Promise<T>,
  ): Promise<T> {
    const tls = await this.#readTls();
    const { urls } = this.#options;
    const errors: JetpackError[] = [];
    for (let turn = 0; turn < urls.length; turn++) {
      const index = (this.#first + turn) % urls.length;
      const url = urls[index] ?? '';
      try {
        const opened = await open({ ...attempt, ...this.#settings(url, tls) });
        this.#first = index;
        return opened;
      } catch (error) {
        if (attempt.signal.aborted) throw error;
        errors.push(connectError(error, redactUrl(url)));
      }
    }
    throw mostTelling(errors);
  }

  #settings(url: string, tls: Tls): Omit<ConnectionOptions, keyof AttemptOptions> {
    const { connectTimeout = 5000, credentials, onWarning } = this.#options;
    const target = redactUrl(url);
    const isSecure = url.startsWith('amqps:');
    if (isSecure && !tls.rejectUnauthorized) {
      onWarning?.(`the certificate of ${target} is not verified: broker.insecureSkipVerify is set`);
    }
    return { url, target, credentials, ...(isSecure ? { tls } : {}), connectTimeout };
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

async function readPem(file: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await fs.readFile(file);
  } catch (error) {
    const failure = readError(error, file);
    if (failure.code === 'ERR_JETPACK_PERMISSION') throw failure;
    throw new JetpackError('ERR_JETPACK_BAD_CONFIG', failure.message, { cause: error, path: file });
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
