import fs from 'node:fs/promises';
import path from 'node:path';

import { errnoOf, readError } from '../internal/fs-error.js';
import type { Command, Platform, RunResult } from '../platform.js';
import { CheckOutput } from './check-output.js';
import type { Check, CheckVerdict, Verdict } from './check.js';

/** How scripts are run. */
export interface ScriptOptions {
  readonly platform: Pick<Platform, 'scriptCommand' | 'run'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds a check may take. */
  readonly timeout: number;
}

/** The checks of a folder. */
export interface CheckFolder {
  readonly checks: readonly Check[];
  /** Names of files that are no scripts. */
  readonly ignored: readonly string[];
}

/** Milliseconds between asking a check's processes to end and killing them. */
const grace = 5000;
/** The one exit code that asks for the node's end. */
const unhealthyExitCode = 254;

/**
 * The scripts of a folder, by name; none when there is no such folder.
 *
 * @throws JetpackError `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_BAD_CONFIG` when the folder cannot be read
 */
export async function listScripts(folder: string, options: ScriptOptions): Promise<CheckFolder> {
  const checks: Check[] = [];
  const ignored: string[] = [];
  for (const name of await namesIn(folder)) {
    const check = await scriptCheck(path.join(folder, name), options);
    if (check === undefined) ignored.push(name);
    else checks.push(check);
  }
  return { checks, ignored };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).toSorted();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw readError(error, folder);
  }
}

/** `undefined` when the file is no script. One that cannot be looked at is a check all the same, and unknown. */
async function scriptCheck(file: string, options: ScriptOptions): Promise<Check | undefined> {
  const name = path.basename(file);
  try {
    const command = await options.platform.scriptCommand(file);
    if (command === undefined) return undefined;
    const run = { command, cwd: path.dirname(file) };
    return { name, run: async (signal) => runScript(name, { ...options, ...run }, signal) };
  } catch (error) {
    const verdict = unknown(name, reasonOf(error));
    return { name, run: async () => verdict };
  }
}

async function runScript(
  name: string,
  options: ScriptOptions & { readonly command: Command; readonly cwd: string },
  signal: AbortSignal | undefined,
): Promise<CheckVerdict> {
  const { platform, command, cwd, env, timeout } = options;
  const output = new CheckOutput();
  try {
    const result = await platform.run(command, {
      cwd,
      env,
      timeout,
      grace,
      onOutput: (chunk, stream) => {
        output.add(chunk, stream);
      },
      ...(signal === undefined ? {} : { signal }),
    });
    return verdictOf(name, { ...result, timeout }, output);
  } catch (error) {
    return unknown(name, reasonOf(error));
  }
}

function verdictOf(
  name: string,
  result: RunResult & { readonly timeout: number },
  output: CheckOutput,
): CheckVerdict {
  const { exitCode, endedBy, duration } = result;
  const { tail: outputTail } = output;
  if (endedBy !== undefined) {
    const seconds = result.timeout / 1000;
    const message =
      endedBy === 'timeout'
        ? `the check ${name} did not end within ${seconds} s and was ended with all it had started`
        : `the check ${name} was interrupted`;
    return { check: name, verdict: 'unknown', message, duration, outputTail };
  }
  const { message: said, metrics } = output.statement;
  return {
    check: name,
    verdict: meaningOf(exitCode),
    exitCode,
    message: messageOf(exitCode, said),
    duration,
    outputTail,
    ...(metrics === undefined ? {} : { metrics }),
  };
}

function meaningOf(exitCode: number): Verdict {
  if (exitCode === 0) return 'healthy';
  return exitCode === unhealthyExitCode ? 'unhealthy' : 'unknown';
}

function messageOf(exitCode: number, said: string | undefined): string {
  if (exitCode === 0) return said ?? 'healthy';
  if (exitCode === unhealthyExitCode) return said ?? 'unhealthy, the check gives no reason';
  return said === undefined ? `exit code ${exitCode}` : `exit code ${exitCode}: ${said}`;
}

function unknown(check: string, message: string): CheckVerdict {
  return { check, verdict: 'unknown', message, duration: 0, outputTail: '' };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
