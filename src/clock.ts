import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Time, as the agent sees it. Everything that waits or dates something is given one, so that tests can own the time.
 *
 * @public
 */
export interface Clock {
  /** Wall clock: milliseconds since 1970, UTC. It may jump. */
  now(): number;
  /** Milliseconds since the machine booted, sleep included. It never jumps and starts again at every boot. */
  uptime(): number;
  /** Resolves after that many milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The machine's own time.
 *
 * @public
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => Math.round(os.uptime() * 1000),
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};
