import type { Clock } from '../clock.js';
import { JetpackError } from '../errors.js';
import { backoff } from '../internal/backoff.js';
import type { Delivery, ReceivedMessage } from '../message-source.js';
import { RecentIds } from './recent-ids.js';

/** What {@link Handling} works with. */
export interface HandlingOptions {
  readonly onMessage: (message: ReceivedMessage, signal: AbortSignal) => unknown;
  readonly onError: (error: Error) => void;
  readonly attempts: number;
  readonly remember: number;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: () => number;
  /** Aborted: nothing begins any more, and what fails is nobody's fault. */
  readonly signal: AbortSignal;
}

/** Hands each message to the handler once, and settles its delivery by what the handler says. */
export class Handling {
  readonly #options: HandlingOptions;
  readonly #seen: RecentIds;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  readonly #open = new Set<Promise<void>>();
  #duplicates = 0;

  constructor(options: HandlingOptions) {
    this.#options = options;
    this.#seen = new RecentIds(options.remember);
  }

  /** Copies that were dropped. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** The handler is called before this returns, unless a copy of the message is being handled. */
  take(delivery: Delivery): void {
    const work = this.#take(delivery).catch(this.#options.onError);
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }

  /** Resolves when nothing is being handled. */
  async idle(): Promise<void> {
    await Promise.all(this.#open);
  }

  async #take(delivery: Delivery): Promise<void> {
    const { messageId } = delivery.message;
    // What becomes of the first copy decides what becomes of this one.
    while (this.#busy.has(messageId)) await this.#busy.get(messageId);
    if (this.#options.signal.aborted) return;
    if (this.#seen.has(messageId)) {
      this.#duplicates++;
      delivery.settle('done');
      return;
    }
    const work = this.#handle(delivery);
    if (messageId === '') return work;
    this.#busy.set(messageId, work);
    try {
      await work;
    } finally {
      this.#busy.delete(messageId);
    }
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { onMessage, signal } = this.#options;
    const { message } = delivery;
    try {
      await onMessage({ ...message, json: () => parse(message) }, signal);
    } catch (error) {
      return this.#failed(delivery, error);
    }
    this.#seen.add(message.messageId);
    this.#failures.delete(message.messageId);
    delivery.settle('done');
  }

  async #failed(delivery: Delivery, error: unknown): Promise<void> {
    const { attempts, clock, random, signal, onError } = this.#options;
    if (signal.aborted) return; // closed in the middle of it: the message comes again
    const failures = this.#countFailure(delivery);
    if (failures < attempts) {
      await clock.sleep(backoff(failures, random), signal).catch(() => undefined); // closed
      delivery.settle('again');
      return;
    }
    this.#failures.delete(delivery.message.messageId);
    delivery.settle('given up');
    onError(givenUp(delivery, failures, error));
  }

  /** Without an id only the broker's word tells the first attempt from the others. */
  #countFailure({ message, isRepeated }: Delivery): number {
    const { messageId } = message;
    if (messageId === '') return isRepeated ? this.#options.attempts : 1;
    const failures = (this.#failures.get(messageId) ?? 0) + 1;
    this.#failures.set(messageId, failures);
    if (this.#failures.size > this.#options.remember) this.#forgetOldestFailure();
    return failures;
  }

  /** Those that another consumer of the queue has taken over stay behind. */
  #forgetOldestFailure(): void {
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }
}

/** What it returns is whatever the caller takes it for, as with `JSON.parse`. */
function parse(message: Delivery['message']): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(new TextDecoder().decode(message.body));
  } catch {
    // The parser's own words would show a part of the body.
    throw new JetpackError('ERR_JETPACK_DAMAGED', `the body of ${nameOf(message)} is not JSON`);
  }
}

function givenUp({ message }: Delivery, attempts: number, error: unknown): JetpackError {
  const code = error instanceof JetpackError ? error.code : 'ERR_JETPACK_BUG';
  const reason = error instanceof Error ? error.message : String(error);
  return new JetpackError(
    code,
    `gave up on ${nameOf(message)} after ${attempts} attempts: ${reason}`,
    { cause: error },
  );
}

function nameOf({ messageId, routingKey }: Delivery['message']): string {
  return messageId === '' ? `a message ${routingKey}` : `message ${messageId} (${routingKey})`;
}
