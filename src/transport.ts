/**
 * How urgent a message is. It decides what the outbox sheds first when it is full, and, from `medium` on, that the
 * message is shown on the cluster's page.
 *
 * @public
 */
export type Priority = 'low' | 'medium' | 'high';

/**
 * One thing said to the server, ready to travel. It is made once, and stays the same through every attempt: a consumer
 * that remembers {@link Message.messageId} sees it exactly once.
 *
 * @public
 */
export interface Message {
  /** Unique for ever: a UUID version 7, so that ids sort by the time they were made. */
  readonly messageId: string;
  /** When the message was made: milliseconds since 1970, UTC. AMQP carries it in whole seconds. */
  readonly timestamp: number;
  /** The AMQP exchange it is published to. */
  readonly exchange: string;
  /** The AMQP routing key, for example `log.info.medium`. At most 255 bytes of UTF-8 (AMQP 0-9-1, short string). */
  readonly routingKey: string;
  /** What kind of message the body is, for example `log` or `node.status`; `send` for a user's own. */
  readonly type: string;
  /** MIME type of the body. Ours are `application/json`. */
  readonly contentType: string;
  /** Small facts beside the body: `cluster`, `node`, and whatever the sender adds. */
  readonly headers: Readonly<Record<string, string | number | boolean>>;
  /** Decides what is shed first when the outbox is full. */
  readonly priority: Priority;
  /** The bytes, exactly as they arrive. At most 128 MiB. */
  readonly body: Uint8Array;
}

/**
 * What became of one attempt to send.
 *
 * - `confirmed`: the other side has taken responsibility. Only this lets the outbox forget the message.
 * - `rejected`: the other side has refused it and will not have it. `permanent` says that no later attempt can differ
 *   (too large, malformed); otherwise (no route, queue full) a later one may.
 * - `unknown`: bytes may have left, no answer came. It is sent again under the same id.
 *
 * @public
 */
export type Outcome =
  | { readonly status: 'confirmed' }
  | { readonly status: 'rejected'; readonly reason: string; readonly permanent: boolean }
  | { readonly status: 'unknown'; readonly reason: string };

/**
 * Options of {@link Transport.send}.
 *
 * @public
 */
export interface TransportSendOptions {
  /** How often this message has been tried before, plus one. Travels as header `attempt`. @defaultValue 1 */
  readonly attempt?: number;
  /** Gives up waiting; the outcome of what had already left is `unknown`. */
  readonly signal?: AbortSignal;
}

/**
 * A way to the server. The outbox's deliverer is its only caller.
 *
 * - Nothing is connected before the first `send`, which connects by itself.
 * - Many sends may be under way at once. Those that share a routing key are put on the wire in the order of the calls.
 * - `send` resolves with an {@link Outcome} within the transport's own deadline, always. It rejects only when nothing
 *   can have left: `ERR_JETPACK_UNREACHABLE` ({@link TemporaryError}: no connection), `ERR_JETPACK_PERMISSION`
 *   (credentials refused), `ERR_JETPACK_BAD_CONFIG` (for example a certificate file that is none),
 *   `ERR_JETPACK_CANNOT_WRITE` (a transport that writes to this node's disk), `ERR_JETPACK_ABORTED` (the signal, or
 *   `close`).
 * - After a rejection or an `unknown` the transport may be called again at once: it reconnects when it must. How long to
 *   wait between attempts is the caller's decision.
 * - `close` ends the connection and settles every open send as `unknown`. A second `close` does nothing. `send` after
 *   `close` rejects with `ERR_JETPACK_ABORTED`.
 *
 * @public
 */
export interface Transport extends AsyncDisposable {
  /** Where messages go, for a person: a url without user info and query. */
  readonly target: string;
  /** Makes one attempt: resolves with what became of it, and rejects only when nothing can have left. */
  send(message: Message, options?: TransportSendOptions): Promise<Outcome>;
  /** Ends the connection and settles every open send as `unknown`. A second call does nothing. */
  close(): Promise<void>;
}
