import { TemporaryError } from '../errors.js';
import type { Outcome } from '../transport.js';

/** What became of one attempt. */
export interface Attempt {
  readonly outcome: Outcome;
  /** Why the broker ended the channel over one of the messages that were open. */
  readonly refusal?: string | undefined;
}

/** A message that has ended the channel so often all by itself is refused for good. */
const lastAttempt = 3;

interface Waiting {
  readonly isAlone: boolean;
  readonly start: () => void;
  readonly turnAway: (reason: string) => void;
}

/**
 * Finds the message that ends the channel. The broker does not say which one it was; so each that was open then goes
 * alone the next time, everything else waiting, and the one that ends the channel again was it. Without suspects it
 * costs nothing.
 */
export class Suspects {
  /** By message id: how often it has ended the channel while it was alone. */
  readonly #counts = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  readonly #deadline: number;
  #active = 0;
  #isAlone = false;

  /** `deadline`: milliseconds that a message may wait for its turn. */
  constructor(deadline: number) {
    this.#deadline = deadline;
  }

  /** Makes the attempt when it is its turn, in the order of the calls, and judges what became of it. */
  async run(messageId: string, attempt: () => Promise<Attempt>): Promise<Outcome> {
    const isAlone = this.#counts.has(messageId);
    const start = async (): Promise<Outcome> => this.#start(messageId, isAlone, attempt);
    if (this.#waiting.length === 0 && this.#fits(isAlone)) return start();
    return this.#turn(isAlone, start);
  }

  async #start(
    messageId: string,
    isAlone: boolean,
    attempt: () => Promise<Attempt>,
  ): Promise<Outcome> {
    this.#active++;
    this.#isAlone = isAlone;
    let isLost = true;
    try {
      const { outcome, refusal } = await attempt();
      isLost = outcome.status === 'unknown' && refusal === undefined;
      return this.#judge(messageId, outcome, { isAlone, refusal });
    } finally {
      if (isAlone && isLost) this.#turnAway('the connection was lost');
      this.#active--;
      if (this.#active === 0) this.#isAlone = false;
      this.#admit();
    }
  }

  #judge(
    messageId: string,
    outcome: Outcome,
    { isAlone, refusal }: { readonly isAlone: boolean; readonly refusal: string | undefined },
  ): Outcome {
    if (outcome.status !== 'unknown') this.#counts.delete(messageId);
    if (outcome.status !== 'unknown' || refusal === undefined) return outcome;
    const count = (this.#counts.get(messageId) ?? 0) + (isAlone ? 1 : 0);
    this.#counts.set(messageId, count);
    if (!isAlone) return outcome;
    const permanent = count >= lastAttempt;
    if (permanent) this.#counts.delete(messageId);
    return { status: 'rejected', reason: refusal, permanent };
  }

  #fits(isAlone: boolean): boolean {
    return this.#active === 0 || (!isAlone && !this.#isAlone);
  }

  async #turn(isAlone: boolean, start: () => Promise<Outcome>): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const turnAway = (reason: string): void => {
        clearTimeout(timer);
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        const message = `cannot send yet, messages before it are tried one by one: ${reason}`;
        reject(new TemporaryError('ERR_JETPACK_UNREACHABLE', message));
      };
      const timer = setTimeout(turnAway, this.#deadline, 'its time is over');
      const waiting: Waiting = {
        isAlone,
        start: () => {
          clearTimeout(timer);
          resolve(start());
        },
        turnAway,
      };
      this.#waiting.push(waiting);
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!this.#fits(next.isAlone)) return;
      this.#waiting.shift();
      next.start();
    }
  }

  #turnAway(reason: string): void {
    for (const { turnAway } of this.#waiting.slice()) turnAway(reason);
  }
}
