import type { ChildProcess } from 'node:child_process';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import spawn from 'cross-spawn';

import { JetpackError } from '../errors.js';
import { errnoOf, fsReason } from '../internal/fs-error.js';
import type { Command, RunOptions, RunResult } from '../platform.js';

/** How one operating system finds and signals all that a child has started. */
export interface ProcessTree {
  /** Signals the child and its descendants. Nothing happens to those that are gone. */
  signal(child: ChildProcess, marker: string, signal: NodeJS.Signals): Promise<void>;
  /** Whether any of them is still there. */
  isRunning(child: ChildProcess, marker: string): Promise<boolean>;
}

/** Every child carries this variable, with a value of its own, so that descendants in other sessions can be found. */
export const childMarkerVariable = 'JETPACK_CHILD';

/** A child that ended may have left a daemon that holds its pipes: what is already in them is read, no longer. */
const drainMilliseconds = 100;
const pollMilliseconds = 50;

let counter = 0;

/** The whole of `Platform.run`, given how this platform reaches a process tree. */
export async function runChild(
  command: Command,
  options: RunOptions,
  tree: ProcessTree,
): Promise<RunResult> {
  if (options.signal?.aborted === true) return { exitCode: 130, endedBy: 'abort', duration: 0 };
  const begun = performance.now();
  const marker = `${process.pid}-${begun.toFixed(0)}-${counter++}`;
  const child = await start(command, options, marker);
  const ending = new Ending(options, { child, marker, tree });
  try {
    const exitCode = await exitOf(child);
    await drain(child);
    await ending.finish();
    return { exitCode, endedBy: ending.reason, duration: Math.round(performance.now() - begun) };
  } finally {
    ending.disarm();
  }
}

async function start(command: Command, options: RunOptions, marker: string): Promise<ChildProcess> {
  const child = spawn(command.file, [...command.args], {
    env: { ...(options.env ?? process.env), [childMarkerVariable]: marker },
    // A group of its own, so that the tree can be signalled and a Ctrl-C on the terminal reaches only us.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  // Reading goes on without a listener too: a child whose pipe nobody empties would stand still.
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Uint8Array) => options.onOutput?.(chunk, name));
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(startError(error, command.file));
    });
  });
  return child;
}

function startError(error: unknown, file: string): JetpackError {
  const codes = { ENOENT: 'ERR_JETPACK_NOT_FOUND', EACCES: 'ERR_JETPACK_PERMISSION' } as const;
  const errno = errnoOf(error);
  const code = errno === 'ENOENT' || errno === 'EACCES' ? codes[errno] : 'ERR_JETPACK_USAGE';
  return new JetpackError(code, `cannot run ${file}: ${fsReason(error)}`, {
    cause: error,
    path: file,
  });
}

async function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]));
    });
  });
}

async function drain(child: ChildProcess): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const open = [child.stdout, child.stderr].filter((stream) => stream?.readableEnded === false);
  if (open.length > 0) await Promise.race([closed, delay(drainMilliseconds)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Ends the tree when time is up or the caller gave up: asks, waits for the grace, kills. */
class Ending {
  reason: RunResult['endedBy'];
  readonly #child: ChildProcess;
  readonly #marker: string;
  readonly #options: RunOptions;
  readonly #tree: ProcessTree;
  readonly #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  readonly #begin = (reason: 'timeout' | 'abort'): void => {
    if (this.#work !== undefined) return;
    this.reason = reason;
    this.#work = this.#end();
  };
  readonly #onAbort = (): void => {
    this.#begin('abort');
  };

  constructor(
    options: RunOptions,
    target: { child: ChildProcess; marker: string; tree: ProcessTree },
  ) {
    this.#options = options;
    this.#child = target.child;
    this.#marker = target.marker;
    this.#tree = target.tree;
    const { timeout = 0, signal } = options;
    if (timeout > 0) this.#timer = setTimeout(() => this.#begin('timeout'), timeout);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async finish(): Promise<void> {
    await this.#work;
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  async #end(): Promise<void> {
    const { grace = 10_000, endSignal = 'SIGTERM' } = this.#options;
    await this.#tree.signal(this.#child, this.#marker, endSignal);
    const until = performance.now() + grace;
    while (performance.now() < until) {
      if (!(await this.#tree.isRunning(this.#child, this.#marker))) return;
      await delay(pollMilliseconds);
    }
    await this.#tree.signal(this.#child, this.#marker, 'SIGKILL');
  }
}
