import type { Clock } from '../clock.js';
import type { LockOwner } from '../internal/lock.js';
import { tryLock, waitForLock } from '../internal/lock.js';
import type { Platform } from '../platform.js';

/** What came of {@link OutboxLock.tryRun}. */
export type LockedRun<T> =
  | { readonly ran: true; readonly value: T }
  | { readonly ran: false; readonly owner: LockOwner | undefined };

/** Milliseconds that a person's command waits for the end of a delivery. */
const longestWait = 10_000;

/** Whoever takes anything away from the outbox does it under this lock: `run/outbox.lock`. */
export class OutboxLock {
  readonly #file: string;
  readonly #processes: Pick<Platform, 'identify'>;

  constructor(file: string, processes: Pick<Platform, 'identify'>) {
    this.#file = file;
    this.#processes = processes;
  }

  /** Does the work if nobody else, in this process or another, is at it. */
  async tryRun<T>(doing: string, work: () => Promise<T>): Promise<LockedRun<T>> {
    const { held, owner } = await tryLock(this.#file, doing, this.#processes);
    if (held === undefined) return { ran: false, owner };
    try {
      return { ran: true, value: await work() };
    } finally {
      await held.release();
    }
  }

  /**
   * Does the work as soon as nobody else is at it.
   *
   * @throws TemporaryError `ERR_JETPACK_LOCKED` when that takes longer than ten seconds
   */
  async run<T>(doing: string, clock: Clock, work: () => Promise<T>): Promise<T> {
    const options = { processes: this.#processes, timeout: longestWait, clock };
    const held = await waitForLock(this.#file, doing, options);
    try {
      return await work();
    } finally {
      await held.release();
    }
  }
}
