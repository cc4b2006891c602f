import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import spawn from 'cross-spawn';

import { JetpackError } from '../errors.js';
import type { JetpackErrorCode } from '../errors.js';
import { debugLog } from '../internal/debug-log.js';
import { errnoOf, fsReason } from '../internal/fs-error.js';
import type { Command, RunOptions, RunResult } from '../platform.js';
import { Ending } from './ending.js';
import type { ProcessTree } from './ending.js';

/**
 * Every child carries this variable, so that descendants in other sessions can be found. Its value is a list, one mark
 * for each agent above the child, because an agent may run below another one's script.
 */
export const childMarkVariable = 'JETPACK_CHILD';

/** Whether a mark stands in the value of {@link childMarkVariable}. */
export function carriesMark(value: string, mark: string): boolean {
  return value.split(' ').includes(mark);
}

/** What a child left behind may hold its pipes: a `tee` has a last word to say, a daemon has not. */
const quietMilliseconds = 100;
/** A daemon that never stops writing is not listened to for longer than this. */
const longestDrainMilliseconds = 1000;

let counter = 0;

/** The whole of `Platform.run`, given how this platform reaches a process tree. */
export async function runChild(
  command: Command,
  options: RunOptions,
  tree: ProcessTree,
): Promise<RunResult> {
  if (options.signal?.aborted === true) return { exitCode: 130, endedBy: 'abort', duration: 0 };
  const begun = performance.now();
  const mark = `${process.pid}-${Date.now().toString(36)}-${counter++}`;
  const child = await start(command, options, mark);
  const debug = debugLog('process');
  debug('%d begins: %s', child.pid, command.file); // not its arguments: they may hold a secret
  const ending = new Ending(options, { child, mark, tree });
  const pipes = new Pipes(child, options.onOutput, (error) => ending.fail(error));
  try {
    const exitCode = await Promise.race([exitOf(child), ending.abandoned]);
    ending.disarm();
    await pipes.drain();
    await ending.finish();
    debug('%d ended with %d', child.pid, exitCode);
    return { exitCode, endedBy: ending.reason, duration: Math.round(performance.now() - begun) };
  } finally {
    ending.disarm();
    pipes.close();
    child.unref(); // only matters for one that even SIGKILL did not end
  }
}

async function start(command: Command, options: RunOptions, mark: string): Promise<ChildProcess> {
  const env = options.env ?? process.env;
  try {
    const child = spawn(command.file, [...command.args], {
      env: { ...env, [childMarkVariable]: `${env[childMarkVariable] ?? ''} ${mark}`.trim() },
      // A group of its own, so that the tree can be signalled and a Ctrl-C on the terminal reaches only us.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.on('error', reject);
    });
    return child;
  } catch (error) {
    throw startError(error, command.file, options.cwd);
  }
}

const startCodes: ReadonlyMap<string | undefined, JetpackErrorCode> = new Map([
  ['ENOENT', 'ERR_JETPACK_NOT_FOUND'],
  ['EACCES', 'ERR_JETPACK_PERMISSION'],
  ['EPERM', 'ERR_JETPACK_PERMISSION'],
]);

function startError(error: unknown, file: string, cwd: string | undefined): JetpackError {
  const code = startCodes.get(errnoOf(error)) ?? 'ERR_JETPACK_USAGE';
  const reason = startReason(error, file, cwd);
  return new JetpackError(code, `cannot run ${file}: ${reason}`, { cause: error, path: file });
}

/** The operating system says ENOENT for three different things. */
function startReason(error: unknown, file: string, cwd: string | undefined): string {
  if (errnoOf(error) !== 'ENOENT') return fsReason(error);
  if (cwd !== undefined && !fs.existsSync(cwd)) return `its working folder ${cwd} is not there`;
  if (/[\\/]/.test(file) && fs.existsSync(file)) {
    return 'the interpreter that its #! line names is not there';
  }
  return fsReason(error);
}

async function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]));
    });
  });
}

/** Both outputs of a child. They are emptied without a listener too: a child with a full pipe would stand still. */
class Pipes {
  readonly #child: ChildProcess;
  #pieces = 0;

  constructor(
    child: ChildProcess,
    onOutput: RunOptions['onOutput'],
    onFailure: (error: unknown) => void,
  ) {
    this.#child = child;
    let listener = onOutput;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Uint8Array) => {
        this.#pieces++;
        try {
          listener?.(chunk, name);
        } catch (error) {
          listener = undefined;
          onFailure(error);
        }
      });
    }
  }

  /** Resolves when both have ended, or when nothing comes any more. */
  async drain(): Promise<void> {
    const until = performance.now() + longestDrainMilliseconds;
    await turn(); // mostly they end in the same breath as the child
    while (this.#isOpen && performance.now() < until) {
      const before = this.#pieces;
      for (let waited = 0; waited < quietMilliseconds && this.#isOpen; waited += 5) await delay(5);
      await turn(); // a late timer may come before what is ready to be read
      if (this.#pieces === before) return;
    }
  }

  close(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  get #isOpen(): boolean {
    const streams = [this.#child.stdout, this.#child.stderr];
    return streams.some((stream) => stream?.readableEnded === false && !stream.destroyed);
  }
}
