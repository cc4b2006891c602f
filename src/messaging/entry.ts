import type { Message, Outcome } from '../transport.js';
import type { BatchName } from './batch-name.js';

/** A promise with its two ends. */
class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * A message between its sender's call and its file. When somebody waits for its delivery it may be sent meanwhile: what
 * is confirmed first needs no file any more.
 */
export class Entry {
  readonly message: Message;
  /** The batch it is being written in, or was. */
  key: string | undefined;
  readonly #mayFly: boolean;
  readonly #written = new Deferred<BatchName | undefined>();
  readonly #landed = new Deferred<Outcome | undefined>();
  #state: 'waiting' | 'claimed' | 'flying' | 'delivered' | 'failed' = 'waiting';

  constructor(message: Message, mayFly: boolean) {
    this.message = message;
    this.#mayFly = mayFly;
  }

  /** True when it may be sent now, before it has a file. */
  get mayFly(): boolean {
    return this.#mayFly && this.#state === 'waiting';
  }

  /** True when it is to be sent at once, or has been with success: what comes behind it overtakes nothing. */
  get isAhead(): boolean {
    return this.#state !== 'waiting' && this.#state !== 'failed';
  }

  /** True from the claim until it is sent. */
  get isClaimed(): boolean {
    return this.#state === 'claimed';
  }

  get isDelivered(): boolean {
    return this.#state === 'delivered';
  }

  /** Resolves with its file, or with nothing when it needed none; rejects when it can neither be written nor sent. */
  get written(): Promise<BatchName | undefined> {
    return this.#written.promise;
  }

  /** Resolves with what came of its flight; with nothing when it had not left. */
  get landed(): Promise<Outcome | undefined> {
    return this.#landed.promise;
  }

  claim(): void {
    this.#state = 'claimed';
  }

  takeOff(): void {
    this.#state = 'flying';
  }

  land(outcome: Outcome | undefined): void {
    this.#state = outcome?.status === 'confirmed' ? 'delivered' : 'failed';
    this.#landed.resolve(outcome);
  }

  /** It is durable, or needs not be. */
  store(batch?: BatchName): void {
    this.#written.resolve(batch);
  }

  /** It has no file. What is on the wire may arrive all the same: that is known when it has landed. */
  refuse(error: unknown): void {
    this.key = undefined;
    void this.#refused(error);
  }

  async #refused(error: unknown): Promise<void> {
    if (this.isAhead) await this.landed;
    if (this.isDelivered) this.#written.resolve(undefined);
    else this.#written.reject(error);
  }
}
