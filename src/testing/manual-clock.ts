import type { Clock } from '../clock.js';

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * A clock that stands until it is moved. `advance` moves wall clock and uptime together and wakes whoever sleeps;
 * `jump` moves the wall clock alone, as an administrator or NTP does.
 *
 * @public
 */
export class ManualClock implements Clock {
  #now: number;
  #uptime: number;
  #sleepers: Sleeper[] = [];

  /** Begins at a wall-clock time (milliseconds since 1970) and an uptime (milliseconds). */
  constructor(now: number = Date.UTC(2030, 0, 1), uptime = 60_000) {
    this.#now = now;
    this.#uptime = uptime;
  }

  /** Stands still until {@link ManualClock.advance} or {@link ManualClock.jump}. */
  now(): number {
    return this.#now;
  }

  /** Stands still until {@link ManualClock.advance} or {@link ManualClock.reboot}. */
  uptime(): number {
    return this.#uptime;
  }

  /** Resolves when {@link ManualClock.advance} has come that far; jumps do not count. */
  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (milliseconds <= 0) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { wakeAt: this.#uptime + milliseconds, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** How many are asleep. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Lets time pass; resolves when those who were due have run. */
  async advance(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    this.#uptime += milliseconds;
    const due = this.#sleepers.filter((sleeper) => sleeper.wakeAt <= this.#uptime);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.wakeAt > this.#uptime);
    for (const sleeper of due.toSorted((a, b) => a.wakeAt - b.wakeAt)) sleeper.wake();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  /** Sets the wall clock off by that much; uptime goes on as before. */
  jump(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Starts the machine again: uptime is that of a fresh boot. */
  reboot(uptime = 10_000): void {
    this.#uptime = uptime;
  }
}
