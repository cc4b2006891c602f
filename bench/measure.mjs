// Whole processes, timed from outside, in pairs: a ratio of neighbours in time survives a machine whose speed drifts.
import { spawnSync } from 'node:child_process';

/** Median of a list of numbers. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Milliseconds that one run of a command takes; throws when it does not end with 0. */
export function timeOnce([file, ...args], env) {
  const begun = performance.now();
  const { status, error, stderr } = spawnSync(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const taken = performance.now() - begun;
  if (error !== undefined || status !== 0) {
    throw new Error(`${[file, ...args].join(' ')} ended with ${status}: ${error ?? stderr}`);
  }
  return taken;
}

/** Runs two commands in turn. `ratio` is the median of a/b, pair by pair; times are medians in milliseconds. */
export function compare(a, b, { runs = 30, env = process.env } = {}) {
  timeOnce(a, env);
  timeOnce(b, env);
  const pairs = Array.from({ length: runs }, () => [timeOnce(a, env), timeOnce(b, env)]);
  return {
    ratio: median(pairs.map(([left, right]) => left / right)),
    a: median(pairs.map(([left]) => left)),
    b: median(pairs.map(([, right]) => right)),
  };
}
