import fs from 'node:fs/promises';

import type { Clock } from '../clock.js';
import { JetpackError } from '../errors.js';
import { abortedError } from '../internal/abort.js';
import { writeFileAtomic } from '../internal/atomic-file.js';
import type { Command, Platform, RunResult } from '../platform.js';
import { specName, type AssignedSpec } from './assigned-spec.js';
import { scriptEnv, type Env } from './child-env.js';
import type { ConvergeEvent, ScriptName } from './events.js';
import { ConvergeFailure } from './failure.js';
import type { Layout } from './layout.js';
import { OutputLog } from './output-log.js';

/** What a script is run with. */
export interface ScriptTools {
  readonly layout: Layout;
  readonly platform: Platform;
  readonly clock: Clock;
  /** See `childEnv`. */
  readonly env: Env;
  readonly maxLogBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly emit: (event: ConvergeEvent) => void;
}

/** One script of an installed spec. */
export interface ScriptJob {
  readonly name: ScriptName;
  readonly assigned: AssignedSpec;
  /** Of the spec as it is installed. */
  readonly content: string;
}

/**
 * Runs one script in its own folder, and leaves its marker when it went well.
 *
 * @throws JetpackError `ERR_JETPACK_CONVERGE` when it failed, with its exit code; `ERR_JETPACK_ABORTED`;
 * `ERR_JETPACK_CANNOT_WRITE` when log or marker cannot be written
 */
export async function runScript(job: ScriptJob, tools: ScriptTools): Promise<void> {
  const { name, assigned } = job;
  const { layout, platform, clock, emit } = tools;
  const file = layout.scriptFile(name);
  const command = await platform.scriptCommand(file);
  if (command === undefined) return; // another script took it away since the plan was made
  const started = clock.now();
  const log = layout.scriptLog(name);
  emit({ type: 'script-started', ...name });
  const { result, tail } = await runLogged(job, command, tools);
  const { exitCode, duration } = result;
  if (result.endedBy === 'abort') throw abortedError(`the script ${file}`, tools.signal);
  emit({ type: 'script-finished', ...name, exitCode, duration, log });
  if (exitCode !== 0) throw await failed({ file, exitCode, tail }, job, log);
  if (name.folder === 'tests') return;
  const marker = {
    ...name,
    version: assigned.version,
    content: job.content,
    started: new Date(started).toISOString(),
    finished: new Date(clock.now()).toISOString(),
    duration,
    exitCode,
  };
  await writeFileAtomic(layout.marker(name), `${JSON.stringify(marker)}\n`);
}

async function runLogged(
  { name, assigned }: ScriptJob,
  command: Command,
  tools: ScriptTools,
): Promise<{ result: RunResult; tail: string }> {
  const { layout, platform, signal, emit } = tools;
  const output = new OutputLog({
    file: layout.scriptLog(name),
    maxBytes: tools.maxLogBytes,
    onLine: (text) => {
      emit({ type: 'output', ...name, text });
    },
  });
  try {
    const result = await platform.run(command, {
      cwd: layout.scriptFolder(name, name.folder),
      env: scriptEnv(tools.env, assigned, layout),
      onOutput: output.write,
      ...(signal === undefined ? {} : { signal }),
    });
    return { result, tail: output.close() };
  } catch (error) {
    output.close();
    throw await cannotStart(error, name, layout.scriptFile(name));
  } finally {
    if (output.problem !== undefined) emit({ type: 'warning', message: output.problem });
  }
}

async function failed(
  how: { file: string; exitCode: number; tail: string },
  { name, assigned }: ScriptJob,
  log: string,
): Promise<ConvergeFailure> {
  const { project, spec, script } = name;
  const { file, exitCode, tail } = how;
  const hint =
    (await lineEndHint(file)) ?? `its output is in ${log}; mend the script and converge again`;
  return new ConvergeFailure(
    `the script ${name.folder}/${script} of ${specName(assigned)} failed: exit ${exitCode}`,
    { project, spec, script, exitCode, outputTail: tail },
    { exitCode, hint, path: file },
  );
}

async function cannotStart(
  error: unknown,
  name: ScriptName,
  file: string,
): Promise<ConvergeFailure> {
  const { project, spec, script } = name;
  const why = error instanceof Error ? error.message : String(error);
  const known = error instanceof JetpackError ? error.hint : undefined;
  const hint = (await lineEndHint(file)) ?? known ?? 'check the interpreter in its first line';
  return new ConvergeFailure(
    `the script ${name.folder}/${script} of ${project}:${spec} could not be started: ${why}`,
    { project, spec, script },
    { cause: error, hint, path: file },
  );
}

/** The commonest reason why a sound command "does not exist": a script saved on Windows asks for `bash\r`, `true\r`. */
async function lineEndHint(file: string): Promise<string | undefined> {
  const head = await readHead(file);
  const isWindows = head.startsWith('#!') && head.split('\n')[0]?.endsWith('\r') === true;
  return isWindows
    ? 'there is a \\r at the end of its first line: save it with Unix line ends'
    : undefined;
}

async function readHead(file: string): Promise<string> {
  const handle = await fs.open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
