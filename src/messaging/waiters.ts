import type { Clock } from '../clock.js';
import type { BatchName } from './batch-name.js';
import type { Receipt } from './messages.js';

/** Somebody who waits for a message to be delivered. */
export interface Waiter {
  readonly messageId: string;
  /** The file it lies in, as soon as it lies in one. */
  batch: BatchName | undefined;
  /** Uptime at which the wait is over: milliseconds. */
  readonly deadline: number;
  readonly resolve: (receipt: Receipt) => void;
}

/**
 * Those who wait, with one timer for all of them: thousands may wait at once.
 */
export class Waiters {
  readonly #clock: Clock;
  readonly #overdue: () => string;
  readonly #waiting = new Map<string, Waiter>();
  #sleep: { readonly until: number; readonly control: AbortController } | undefined;

  /** `overdue` says why a message is not delivered yet when its time is over. */
  constructor(clock: Clock, overdue: () => string) {
    this.#clock = clock;
    this.#overdue = overdue;
  }

  get size(): number {
    return this.#waiting.size;
  }

  all(): readonly Waiter[] {
    return [...this.#waiting.values()];
  }

  add(waiter: Waiter): void {
    this.#waiting.set(waiter.messageId, waiter);
    if (this.#sleep !== undefined && this.#sleep.until <= waiter.deadline) return;
    this.#sleep?.control.abort();
    void this.#watch(waiter.deadline);
  }

  /** Where a message lies now. */
  queued(messageId: string, batch: BatchName): void {
    const waiter = this.#waiting.get(messageId);
    if (waiter !== undefined) waiter.batch = batch;
  }

  /** Ends a wait. Nothing happens when nobody waits for that message. */
  settle(messageId: string, outcome: Omit<Receipt, 'messageId'>): void {
    const waiter = this.#waiting.get(messageId);
    if (waiter === undefined) return;
    this.#waiting.delete(messageId);
    waiter.resolve({ messageId, ...outcome });
    if (this.#waiting.size === 0) this.#sleep?.control.abort();
  }

  /** Ends all waits. */
  settleAll(reason: string): void {
    for (const { messageId } of this.all()) this.settle(messageId, { delivered: false, reason });
  }

  /** Sleeps until the earliest deadline, again and again, while anybody waits. */
  async #watch(first: number): Promise<void> {
    const control = new AbortController();
    let until = first;
    while (this.#waiting.size > 0 && !control.signal.aborted) {
      this.#sleep = { until, control };
      await this.#clock
        .sleep(Math.max(0, until - this.#clock.uptime()), control.signal)
        .catch(() => undefined); // aborted: nobody waits any more, or somebody else watches
      if (control.signal.aborted) break;
      this.#settleDue();
      until = Math.min(...this.all().map((waiter) => waiter.deadline));
    }
    if (this.#sleep?.control === control) this.#sleep = undefined;
  }

  #settleDue(): void {
    const now = this.#clock.uptime();
    for (const { messageId, deadline } of this.all()) {
      if (deadline <= now) this.settle(messageId, { delivered: false, reason: this.#overdue() });
    }
  }
}
