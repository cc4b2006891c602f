import type { ChannelModel } from 'amqplib';

import type { AbortGroup } from '../internal/abort-group.js';

export type { ChannelModel, ConfirmChannel } from 'amqplib';

/**
 * With what one logs in at a broker.
 *
 * @public
 */
export interface AmqpCredentials {
  /** The user's name. */
  readonly username: string;
  /** The password, or a token that stands for it. */
  readonly password: string;
}

/** What {@link openConnection} connects to. */
export interface ConnectionOptions {
  /** With credentials. */
  readonly url: string;
  /** Asked at every connect; they stand in for those of the url. */
  readonly credentials?: (() => Promise<AmqpCredentials>) | undefined;
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
  /** Ends the attempt to connect. */
  readonly signal: AbortSignal;
  /** Through which many publishes share a signal. */
  readonly aborts: AbortGroup;
}

/** A connection, and what ends its socket at once. */
export interface OpenConnection {
  readonly connection: ChannelModel;
  readonly socket: AbortController;
}

/** Seconds. RabbitMQ and we end a connection on which nothing came for twice as long. */
const heartbeatSeconds = 10;

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
  if (options.signal.aborted) socket.abort();
  try {
    const settings = {
      ...options.tls,
      noDelay: true,
      timeout: options.connectTimeout,
      // Handed on to net.connect and tls.connect: the only way to a socket that hangs.
      signal: socket.signal,
      clientProperties: { connection_name: `jetpack ${process.pid}` },
    };
    const connection = await connect(await completeUrl(options), settings);
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

async function completeUrl({ url, credentials }: ConnectionOptions): Promise<string> {
  const parsed = new URL(url);
  if (credentials !== undefined) {
    const { username, password } = await credentials();
    parsed.username = encodeURIComponent(username);
    parsed.password = encodeURIComponent(password);
  }
  if (!parsed.searchParams.has('heartbeat')) {
    parsed.searchParams.set('heartbeat', String(heartbeatSeconds));
  }
  return parsed.toString();
}
