/**
 * What a health check says of the node. `unknown`: the check itself did not work, so nobody knows.
 *
 * @public
 */
export type Verdict = 'healthy' | 'unhealthy' | 'unknown';

/**
 * One run of one health check.
 *
 * @public
 */
export interface CheckVerdict {
  /** The check's name: the name of its file in `config/healthcheck.d`. */
  readonly check: string;
  /** From the exit code: 0 is healthy, 254 unhealthy, anything else unknown. */
  readonly verdict: Verdict;
  /** Absent when it did not run to its end. */
  readonly exitCode?: number;
  /** One line for a person: what the check said, or why it is unknown. */
  readonly message: string;
  /** Milliseconds it ran. */
  readonly duration: number;
  /** The last 4 KiB of stdout and stderr together. */
  readonly outputTail: string;
  /** Figures that the check gave with its verdict. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Anything that can judge the node's health: a script, or a check built into the agent. */
export interface Check {
  readonly name: string;
  /** Always resolves. What cannot be found out is `unknown`, and why. */
  run(signal?: AbortSignal): Promise<CheckVerdict>;
}
