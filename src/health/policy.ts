import type { Verdict } from './check.js';
import type { KeepAliveState } from './keep-alive.js';

/** When the agent asks for the node's end. Settings `cyclecloud.healthcheck.*`. */
export interface HealthPolicy {
  /** How many times in a row a check must say so. */
  readonly failures: number;
  /** How many requests a node sends within 24 hours, over all its checks. */
  readonly budget: number;
}

/** The past of one check, its latest result included. */
export interface CheckHistory {
  /** The last 20 verdicts, the oldest first. Time is the wall clock's, milliseconds since 1970. */
  readonly results: readonly { readonly time: number; readonly verdict: Verdict }[];
  /** How many of the latest in a row were unhealthy. */
  readonly failures: number;
  /**
   * Whether the present incident has had its request. An incident begins with the first unhealthy result and ends with a
   * healthy one; unknown results neither begin nor end it.
   */
  readonly requested: boolean;
}

/** All that a decision rests on. */
export interface Situation {
  readonly history: CheckHistory;
  /** When the node sent its requests, over all checks: wall clock, milliseconds since 1970. */
  readonly requests: readonly number[];
  readonly keepAlive: KeepAliveState;
  readonly policy: HealthPolicy;
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
}

/** Why a request is not sent although a check asks for it. */
export type HoldCause = 'threshold' | 'flapping' | 'keepalive' | 'budget';

/** What to do after a result. */
export type Decision =
  | { readonly action: 'none' | 'request'; readonly why: string }
  | { readonly action: 'hold'; readonly cause: HoldCause; readonly why: string };

const day = 86_400_000;
/** Fewer runs cannot tell a change for the worse from flapping. */
const runsKept = 20;
const flappingShare = 0.5;

/** The past of a check that has none. */
export const emptyHistory: CheckHistory = { results: [], failures: 0, requested: false };

/** The history with one more result. */
export function record(history: CheckHistory, verdict: Verdict, time: number): CheckHistory {
  return {
    results: [...history.results, { time, verdict }].slice(-runsKept),
    failures: verdict === 'unhealthy' ? history.failures + 1 : 0,
    requested: verdict === 'healthy' ? false : history.requested,
  };
}

/** Whether the verdict changed in more than half of the steps between the last 20 runs. */
export function isFlapping(history: CheckHistory): boolean {
  const { results } = history;
  if (results.length < runsKept) return false;
  const flips = results.filter(
    (result, index) => index > 0 && result.verdict !== results[index - 1]?.verdict,
  );
  return flips.length / (results.length - 1) > flappingShare;
}

/**
 * The requests that still count. A wall clock that was set back leaves some in the future: they count from now on, so
 * that the budget is neither exceeded nor blocked for longer than a day.
 */
export function recentRequests(requests: readonly number[], now: number): number[] {
  return requests.map((time) => Math.min(time, now)).filter((time) => time > now - day);
}

/** Decides after a result whether to ask the server to end this node. */
export function decide(situation: Situation): Decision {
  const { history } = situation;
  const verdict = history.results.at(-1)?.verdict ?? 'unknown';
  if (verdict !== 'unhealthy') return { action: 'none', why: `the check is ${verdict}` };
  if (history.requested) return { action: 'none', why: 'the server was already asked' };
  return holdOf(situation) ?? { action: 'request', why: `unhealthy ${times(history.failures)}` };
}

function holdOf({ history, requests, keepAlive, policy, now }: Situation): Decision | undefined {
  if (history.failures < policy.failures) {
    return hold('threshold', `unhealthy ${times(history.failures)}, ${policy.failures} are needed`);
  }
  if (isFlapping(history)) {
    return hold('flapping', `the check flaps: it changed its mind in most of ${runsKept} runs`);
  }
  if (keepAlive.state === 'active') return hold('keepalive', keepAliveReason(keepAlive));
  const spent = recentRequests(requests, now).length;
  if (spent >= policy.budget) {
    return hold('budget', `${spent} of ${policy.budget} requests a day are used up`);
  }
  return undefined;
}

function hold(cause: HoldCause, why: string): Decision {
  return { action: 'hold', cause, why };
}

function keepAliveReason(keepAlive: KeepAliveState & { state: 'active' }): string {
  const { until, by, reason, problem } = keepAlive;
  if (problem !== undefined) return problem;
  const end = until === 'forever' ? 'for ever' : `until ${new Date(until).toISOString()}`;
  return `${by} keeps the node alive ${end}${reason === undefined ? '' : `: ${reason}`}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times in a row`;
}
