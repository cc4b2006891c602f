/** The first wait is at most this long: milliseconds. */
const first = 100;

/** No wait is longer: milliseconds. */
export const longestBackoff = 30_000;

/**
 * Milliseconds to wait before the next attempt, after that many failures in a row: anything between zero and a bound
 * that doubles ("full jitter"), so that a thousand nodes do not come back at once.
 */
export function backoff(failures: number, random: () => number): number {
  const bound = Math.min(longestBackoff, first * 2 ** Math.max(0, failures - 1));
  return Math.round(random() * bound);
}
