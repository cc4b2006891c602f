// Whole processes, timed from outside, in pairs: a ratio of neighbours in time survives a machine whose speed drifts.
import { spawnSync } from 'node:child_process';

/** A program with its arguments. */
export type Line = readonly [file: string, ...args: string[]];

/** Two commands, measured in turn. */
export interface Comparison {
  /** Median of a/b, pair by pair. */
  readonly ratio: number;
  /** Medians in milliseconds. */
  readonly a: number;
  readonly b: number;
}

/** Median of a list of numbers. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Milliseconds that one run takes; throws when it does not end with 0. */
function timeOnce([file, ...args]: Line, env: NodeJS.ProcessEnv): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const taken = performance.now() - begun;
  if (status !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${String(stderr)}`);
  return taken;
}

/** Runs two commands in turn, after one uncounted run of each. */
export function compare(
  a: Line,
  b: Line,
  options: { readonly env: NodeJS.ProcessEnv; readonly runs?: number },
): Comparison {
  const { env, runs = 40 } = options;
  timeOnce(a, env);
  timeOnce(b, env);
  const pairs = Array.from({ length: runs }, () => [timeOnce(a, env), timeOnce(b, env)] as const);
  return {
    ratio: median(pairs.map(([left, right]) => left / right)),
    a: median(pairs.map(([left]) => left)),
    b: median(pairs.map(([, right]) => right)),
  };
}
