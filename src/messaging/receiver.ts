import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { TemporaryError, UsageError } from '../errors.js';
import { abortedError } from '../internal/abort.js';
import { backoff, longestBackoff } from '../internal/backoff.js';
import type { MessageSource, ReceivedMessage, Subscription } from '../message-source.js';
import { Handling } from './handling.js';

/**
 * What {@link Receiver} is made from.
 *
 * @public
 */
export interface ReceiverOptions {
  /** Where messages come from: {@link chooseMessageSource} finds it by the connection. */
  readonly source: MessageSource;
  /**
   * Called for each message. When what it returns resolves, the message is acknowledged; when it rejects, the message
   * comes again. The signal is aborted when the receiver closes.
   */
  readonly onMessage: (message: ReceivedMessage, signal: AbortSignal) => unknown;
  /** Which messages: topic patterns such as `log.#` or `node.*`. @defaultValue `#`, all of them */
  readonly patterns?: string | readonly string[];
  /**
   * Name of a durable queue of the broker, which keeps messages while nobody receives, and shares them among all who
   * receive by that name. It is made when it is not there, else taken as it is: patterns are added to it, none is
   * removed. @defaultValue a queue of this receiver alone that goes away with it
   */
  readonly queue?: string;
  /**
   * How many messages are handled at once. With 1 each is handled in order, after the one before it; with more they
   * begin in order. @defaultValue 1
   */
  readonly prefetch?: number;
  /** How often a message is tried whose handler rejects, before it is given up. 1 turns trying again off. @defaultValue 3 */
  readonly attempts?: number;
  /** How many ids are remembered to know a second copy by; 0 lets every copy through. @defaultValue 100 000 */
  readonly remember?: number;
  /** Milliseconds that {@link Receiver.close} waits for handlers. @defaultValue 5 000 */
  readonly closeTimeout?: number;
  /** Closes the receiver. */
  readonly signal?: AbortSignal;
  /**
   * Told what goes wrong while nobody waits for it: the connection was lost or cannot be made (it is tried again), a
   * message was given up or cannot be read. @defaultValue nobody is told
   */
  readonly onError?: (error: Error) => void;
  /** Measures the pauses between attempts. @defaultValue the machine's own */
  readonly clock?: Clock;
  /** Numbers from 0 up to, but not including, 1: for those pauses. @defaultValue `Math.random` */
  readonly random?: () => number;
}

/**
 * Receives messages by routing key, for those who write plugins for the server's side. Each message is handled at least
 * once, and one that has an id only once while its id is remembered: a copy that comes again after a cut or a repeated
 * send is acknowledged and dropped.
 *
 * A lost connection is made anew, after pauses with full jitter, at most 30 s apart. Without a named queue what was
 * published in between is not received.
 *
 * A message whose handler rejects comes again after a pause; when its attempts are used up it is given up: it goes to the
 * dead-letter exchange of the queue if there is one, else it is gone, and {@link ReceiverOptions.onError} is told. A message
 * without id has two attempts at most.
 *
 * @public
 */
export class Receiver implements AsyncDisposable {
  readonly #options: ReceiverOptions;
  readonly #stopping = new AbortController();
  readonly #handling: Handling;
  readonly #patterns: readonly string[];
  readonly #clock: Clock;
  #subscription: Subscription | undefined;
  #started: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** Connects to nothing yet. */
  constructor(options: ReceiverOptions) {
    checkOptions(options);
    const { patterns = '#', clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#clock = clock;
    this.#patterns = typeof patterns === 'string' ? [patterns] : patterns;
    this.#handling = new Handling({
      onMessage: options.onMessage,
      onError: this.#tell,
      attempts: options.attempts ?? 3,
      remember: options.remember ?? 100_000,
      clock,
      random,
      signal: this.#stopping.signal,
    });
    this.#closeOn(options.signal);
  }

  /** How many second copies were dropped. */
  get duplicates(): number {
    return this.#handling.duplicates;
  }

  /**
   * Resolves when every message that is published from now on will be received; while the other side does not answer it
   * goes on trying. A second call awaits the same.
   *
   * @throws JetpackError what a person has to mend first: `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_BAD_CONFIG`,
   * `ERR_JETPACK_LOCKED`; `ERR_JETPACK_ABORTED`: it was closed
   */
  async start(): Promise<void> {
    if (this.#stopping.signal.aborted) throw abortedError('the receiving', this.#options.signal);
    this.#started ??= new Promise((resolve, reject) => {
      this.#following = this.#follow(resolve).catch(reject);
    });
    return this.#started;
  }

  /**
   * Takes no more messages, waits for the handlers that run, and disconnects. What they have not finished by then comes
   * again to whoever receives from the queue next. A second call does nothing.
   */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** {@link Receiver.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    await this.#subscription?.stop();
    const done = new AbortController();
    const late = this.#clock.sleep(this.#options.closeTimeout ?? 5000, done.signal);
    await Promise.race([this.#handling.idle(), late]);
    late.catch(() => undefined); // nobody waits any more
    done.abort();
    await this.#subscription?.close();
    await this.#following;
  }

  #closeOn(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const close = (): void => {
      this.close().catch(this.#tell);
    };
    this.#stopping.signal.addEventListener('abort', () => {
      signal.removeEventListener('abort', close);
    });
    if (signal.aborted) close();
    else signal.addEventListener('abort', close);
  }

  /** Subscribes again and again, until it is closed. */
  async #follow(ready: () => void): Promise<void> {
    const { random = Math.random } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    for (;;) {
      const since = this.#clock.uptime();
      const why = await this.#receive(ready);
      // Whoever waits for the start is told; when it has begun, nobody listens.
      if (signal.aborted) throw abortedError('the receiving', this.#options.signal);
      this.#tell(why);
      failures = this.#clock.uptime() - since > longestBackoff ? 1 : failures + 1;
      await this.#clock.sleep(backoff(failures, random), signal).catch(() => undefined); // closed
    }
  }

  /** One subscription from its beginning to its end. Resolves with why it ended, or never began. */
  async #receive(ready: () => void): Promise<unknown> {
    try {
      this.#subscription = await this.#subscribe();
    } catch (error) {
      // Before it ever worked, what does not mend itself is for whoever starts it.
      const isLasting = this.#subscription === undefined && !(error instanceof TemporaryError);
      if (isLasting && !this.#stopping.signal.aborted) throw error;
      return error;
    }
    if (this.#stopping.signal.aborted) await this.#subscription.close();
    else ready();
    return this.#subscription.lost;
  }

  async #subscribe(): Promise<Subscription> {
    return this.#options.source.subscribe({
      patterns: this.#patterns,
      ...(this.#options.queue === undefined ? {} : { queue: this.#options.queue }),
      prefetch: this.#options.prefetch ?? 1,
      signal: this.#stopping.signal,
      onDelivery: (delivery) => {
        this.#handling.take(delivery);
      },
      onError: this.#tell,
    });
  }

  readonly #tell = (error: unknown): void => {
    this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
  };
}

const leastOf = { prefetch: 1, attempts: 1, remember: 0, closeTimeout: 0 } as const;

function checkOptions(options: ReceiverOptions): void {
  for (const name of ['prefetch', 'attempts', 'remember', 'closeTimeout'] as const) {
    const value = options[name] ?? leastOf[name];
    if (Number.isInteger(value) && value >= leastOf[name]) continue;
    throw new UsageError(
      `cannot make a receiver: ${name} must be a whole number from ${leastOf[name]} on, got ${value}`,
    );
  }
  if (options.patterns?.length === 0) {
    throw new UsageError('cannot make a receiver: patterns is empty, and would match nothing');
  }
}
