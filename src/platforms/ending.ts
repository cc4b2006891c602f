import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { RunOptions, RunResult } from '../platform.js';

/** How one operating system finds and signals all that a child has started. */
export interface ProcessTree {
  /** Signals the child and its descendants. Nothing happens to those that are gone. */
  signal(child: ChildProcess, mark: string, signal: NodeJS.Signals): Promise<void>;
  /** Whether any of them is still there. */
  isRunning(child: ChildProcess, mark: string): Promise<boolean>;
}

/** Looking for survivors reads all of /proc, so it is done less and less often. */
const firstPollMilliseconds = 20;
const longestPollMilliseconds = 500;
/** What is not gone so long after SIGKILL waits for a device, and would make us wait as well. */
const killPatienceMilliseconds = 2000;
/** Node fires a longer timer at once. It is 24 days. */
const longestTimer = 2 ** 31 - 1;
const killedExitCode = 137;

/** Ends a child's whole tree when time is up or the caller gave up: asks, waits for the grace, kills. */
export class Ending {
  reason: RunResult['endedBy'];
  /** Settles when the tree was ended: with the exit code of a child that even SIGKILL did not move. */
  readonly abandoned: Promise<number>;
  readonly #options: RunOptions;
  readonly #target: { child: ChildProcess; mark: string; tree: ProcessTree };
  readonly #timer: NodeJS.Timeout | undefined;
  #failure: { readonly error: unknown } | undefined;
  #work: Promise<void> | undefined;
  #settle: (exitCode: number | Promise<number>) => void = () => undefined;
  readonly #onAbort = (): void => {
    this.#begin('abort');
  };

  constructor(
    options: RunOptions,
    target: { child: ChildProcess; mark: string; tree: ProcessTree },
  ) {
    this.#options = options;
    this.#target = target;
    this.abandoned = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const { timeout = 0, signal } = options;
    if (timeout > 0) {
      this.#timer = setTimeout(() => this.#begin('timeout'), Math.min(timeout, longestTimer));
    }
    if (signal?.aborted === true) this.#begin('abort');
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The caller's own listener failed: nothing that the child does from now on can be told to anybody. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#begin('abort');
  }

  /** Waits for what was begun. */
  async finish(): Promise<void> {
    await this.#work;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Begins nothing any more. */
  disarm(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #begin(reason: 'timeout' | 'abort'): void {
    if (this.#work !== undefined) return;
    this.reason = reason;
    this.#work = this.#end();
    this.#settle(this.#work.then(() => killedExitCode));
  }

  async #end(): Promise<void> {
    const { grace = 10_000, endSignal = 'SIGTERM' } = this.#options;
    await this.#signal(endSignal);
    if (await this.#isGoneWithin(grace)) return;
    // Again and again: what forks fast is ahead of one look at the process table.
    const until = performance.now() + killPatienceMilliseconds;
    do {
      await this.#signal('SIGKILL');
    } while (!(await this.#isGoneWithin(firstPollMilliseconds)) && performance.now() < until);
  }

  async #isGoneWithin(milliseconds: number): Promise<boolean> {
    const { child, mark, tree } = this.#target;
    const until = performance.now() + milliseconds;
    for (let wait = firstPollMilliseconds; ; wait = Math.min(wait * 2, longestPollMilliseconds)) {
      if (!(await tree.isRunning(child, mark))) return true;
      const left = until - performance.now();
      if (left <= 0) return false;
      await delay(Math.min(wait, left));
    }
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const { child, mark, tree } = this.#target;
    await tree.signal(child, mark, signal);
  }
}
