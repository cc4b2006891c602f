import type { JetpackError } from './errors.js';

/**
 * A message as it arrived. What its publisher did not set is an empty string, or 0.
 *
 * @public
 */
export interface ReceivedMessage {
  /** The same in every copy of a message. Empty: its publisher gave none, and copies cannot be told. */
  readonly messageId: string;
  /** When it was made: milliseconds since 1970, UTC. Over AMQP it is a whole second. */
  readonly timestamp: number;
  /** The exchange it was published to. */
  readonly exchange: string;
  /** What it was published under, for example `log.info.medium`. */
  readonly routingKey: string;
  /** What kind of message the body is, for example `log` or `node.status`; `send` for a user's own. */
  readonly type: string;
  /** MIME type of the body. */
  readonly contentType: string;
  /** Small facts beside the body: `cluster`, `node`, `attempt`, and whatever the publisher adds. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The bytes. */
  readonly body: Uint8Array;
  /**
   * The body as a JSON value. Nothing checks that it is a `T`: the shapes of ours are {@link LogBody} and its siblings.
   *
   * @throws JetpackError `ERR_JETPACK_DAMAGED` when it is not JSON
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what it holds is the caller's knowledge
  json<T = unknown>(): T;
}

/**
 * What becomes of a delivery.
 *
 * - `done`: it is dealt with, and never comes again.
 * - `again`: it comes again, here or to another consumer of the queue.
 * - `given up`: no attempt will help. A broker hands it to the queue's dead-letter exchange, if it has one.
 *
 * @public
 */
export type Settlement = 'done' | 'again' | 'given up';

/**
 * One message on its way to a handler.
 *
 * @public
 */
export interface Delivery {
  /** What arrived. */
  readonly message: Omit<ReceivedMessage, 'json'>;
  /** True when it may have been delivered before. */
  readonly isRepeated: boolean;
  /** Says what became of it, once. After the subscription was lost it does nothing: the message comes again. */
  settle(settlement: Settlement): void;
}

/**
 * What a {@link MessageSource} is asked for.
 *
 * @public
 */
export interface SubscribeOptions {
  /** Topic patterns: words between dots, `*` for one word, `#` for any number of them. */
  readonly patterns: readonly string[];
  /** A queue that outlives the subscription. Without it messages are received from now on, and none is kept. */
  readonly queue?: string;
  /** At most this many deliveries are not settled at a time. */
  readonly prefetch: number;
  /** Ends the attempt to subscribe. */
  readonly signal: AbortSignal;
  /** Called for each message, in the order of the queue. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** Told of what cannot be read and is left out. */
  readonly onError: (error: Error) => void;
}

/**
 * A subscription from its beginning to its end.
 *
 * @public
 */
export interface Subscription {
  /** Resolves with the reason when it has ended, by itself or by `close`. It never rejects. */
  readonly lost: Promise<JetpackError>;
  /** No delivery begins any more; those that are under way can still be settled. */
  stop(): Promise<void>;
  /** Ends the connection. What was not settled comes again, if a queue keeps it. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Where messages come from. A {@link Receiver} is its only caller: it subscribes, and subscribes again when a
 * subscription was lost.
 *
 * `subscribe` resolves when every message that is published from now on will arrive. It rejects with
 * `ERR_JETPACK_UNREACHABLE` ({@link TemporaryError}: trying again may help), or with what a person has to mend:
 * `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_BAD_CONFIG`, `ERR_JETPACK_LOCKED` (somebody else holds the queue alone). Aborted,
 * it rejects with `ERR_JETPACK_ABORTED`.
 *
 * @public
 */
export interface MessageSource {
  /** Where messages come from, for a person: a url without user info and query. */
  readonly target: string;
  /** Begins to deliver. */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
}
