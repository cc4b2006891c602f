import type { Clock } from '../clock.js';
import { backoff, longestBackoff } from './backoff.js';

/** What {@link retry} runs on. */
export interface RetryTools {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** Says whether a failure is worth another try: milliseconds the other side asked to wait (0: nothing asked), or not. */
export type Verdict = { readonly again: true; readonly asked?: number } | { readonly again: false };

/**
 * Tries until it works, it is not worth another try, or the tries are used up; then rejects with the last failure. A wait
 * that the other side asked for is kept, up to the longest one.
 */
export async function retry<T>(
  work: () => Promise<T>,
  judge: (error: unknown) => Verdict,
  tools: RetryTools,
): Promise<T> {
  const { attempts, clock, random, signal } = tools;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const verdict = judge(error);
      if (!verdict.again || attempt >= attempts) throw error;
      const asked = Math.min(longestBackoff, verdict.asked ?? 0);
      await clock.sleep(Math.max(asked, backoff(attempt, random)), signal);
    }
  }
}
