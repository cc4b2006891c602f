import type { Connection } from '../connection.js';
import { JetpackError } from '../errors.js';
import type { Home } from '../home.js';
import { redactUrl } from '../internal/redact.js';
import type { Transport } from '../transport.js';
import { AmqpTransport } from './amqp.js';
import { FileTransport } from './file.js';

/**
 * Options of {@link chooseTransport}.
 *
 * @public
 */
export interface ChooseTransportOptions {
  /** Told what a person should know about a connection, in one line. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
}

/**
 * The transport that the broker's urls mean, by their scheme: `amqp:` and `amqps:` a broker, `file:` a file. With no url it is
 * the embedded default, `logs/messages.jsonl`. Nothing is contacted and no file is touched yet.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` when the urls have another scheme, or several
 *
 * @public
 */
export function chooseTransport(
  connection: Pick<Connection, 'broker'>,
  home: Home,
  options: ChooseTransportOptions = {},
): Transport {
  const { urls } = connection.broker;
  if (!isFileBroker(urls)) return new AmqpTransport({ ...connection.broker, ...options });
  return new FileTransport({ file: urls[0] ?? home.messagesFile });
}

/**
 * Whether the broker's urls mean a file, or, with none of them, the embedded default; else they mean brokers.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` when they mean neither
 */
export function isFileBroker(urls: readonly string[]): boolean {
  if (urls.length === 0) return true;
  const schemes = new Set(urls.map((url) => (URL.canParse(url) ? new URL(url).protocol : '')));
  if (schemes.has('file:') && urls.length === 1) return true;
  if ([...schemes].every((scheme) => scheme === 'amqp:' || scheme === 'amqps:')) return false;
  throw new JetpackError(
    'ERR_JETPACK_BAD_CONFIG',
    `cannot use the broker ${urls.map(redactUrl).join(', ')}: it takes amqp: or amqps: urls, or one file: url`,
    { hint: 'set broker.urls in config/connection.json, or JETPACK_BROKER_URL' },
  );
}
