import { JetpackError } from '../errors.js';
import { AbortGroup } from '../internal/abort-group.js';
import type { Message, Outcome, Transport, TransportSendOptions } from '../transport.js';

/**
 * One call of {@link MemoryTransport}'s `send`.
 *
 * @public
 */
export interface MemoryAttempt {
  /** The very object that was sent, no copy. */
  readonly message: Message;
  /** 1 for the first. */
  readonly attempt: number;
}

/**
 * Decides what becomes of one attempt. It may throw what a transport rejects with: `TemporaryError`
 * `ERR_JETPACK_UNREACHABLE`, or `JetpackError` `ERR_JETPACK_PERMISSION` or `ERR_JETPACK_BAD_CONFIG`.
 *
 * @public
 */
export type MemoryAnswer = (attempt: MemoryAttempt) => Outcome | Promise<Outcome>;

/**
 * A transport whose other side is an array. What it confirms is in {@link MemoryTransport.messages}, in order.
 *
 * @public
 */
export class MemoryTransport implements Transport {
  /** Always `memory:`. */
  readonly target = 'memory:';
  /** What was confirmed, in the order of the confirms. */
  readonly messages: Message[] = [];
  /** Every attempt, in the order of the calls. */
  readonly attempts: MemoryAttempt[] = [];
  /** May be replaced at any time. By default everything is confirmed. */
  answer: MemoryAnswer;
  readonly #closing = new AbortController();
  readonly #aborts = new AbortGroup();

  constructor(answer: MemoryAnswer = () => ({ status: 'confirmed' })) {
    this.answer = answer;
  }

  /** As {@link Transport.send} says; the outcome is what {@link MemoryTransport.answer} decides. */
  async send(message: Message, options: TransportSendOptions = {}): Promise<Outcome> {
    if (this.#closing.signal.aborted || options.signal?.aborted === true) {
      throw new JetpackError('ERR_JETPACK_ABORTED', 'the sending was interrupted');
    }
    const attempt = { message, attempt: options.attempt ?? 1 };
    this.attempts.push(attempt);
    const outcome = await Promise.race([this.answer(attempt), this.#interrupted(options.signal)]);
    if (outcome.status === 'confirmed') this.messages.push(message);
    return outcome;
  }

  /** As {@link Transport.close} says; what has arrived stays in {@link MemoryTransport.messages}. */
  async close(): Promise<void> {
    this.#closing.abort();
  }

  /** {@link MemoryTransport.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** An answer that never comes ends with the caller's signal, or with the transport. */
  async #interrupted(signal: AbortSignal | undefined): Promise<Outcome> {
    await new Promise<void>((resolve) => {
      if (signal !== undefined) this.#aborts.add(signal, resolve);
      this.#aborts.add(this.#closing.signal, resolve);
    });
    return { status: 'unknown', reason: 'the sending was interrupted' };
  }
}
