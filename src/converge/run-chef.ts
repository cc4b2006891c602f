import os from 'node:os';
import path from 'node:path';

import { abortedError } from '../internal/abort.js';
import type { RunResult } from '../platform.js';
import { readChefException, writeChefFiles, type ChefFiles } from './chef-files.js';
import { ConvergeFailure } from './failure.js';
import type { ConvergeTools } from './options.js';
import { OutputLog } from './output-log.js';
import type { ChefState } from './plan.js';
import type { ScriptTools } from './run-script.js';

/** Exit codes of Chef Infra Client that are failures, in words (its RFC 062, and runs of versions 16 and 18). */
const reasons: Readonly<Record<number, string>> = {
  1: 'a recipe, a cookbook or the attributes failed',
  2: 'it was interrupted',
  3: 'it was ended before it began',
  41: 'a reboot was asked for and failed',
  43: 'its configuration is broken',
  172: 'its licence is not accepted',
  213: 'it has upgraded itself',
};

const hints: Readonly<Record<number, string>> = {
  172: 'set cyclecloud.chef.license to accept, if you do accept the licence of Chef',
  213: 'converge again',
};

/**
 * Runs Chef in local mode, streaming its output. Resolves with the reboot it asks for, if it does.
 *
 * @throws JetpackError `ERR_JETPACK_CONVERGE` when there is no client or it failed; `ERR_JETPACK_ABORTED`
 */
export async function runChef(
  chef: ChefState,
  tools: ConvergeTools,
  script: ScriptTools,
): Promise<'now' | 'pending' | undefined> {
  const { client, runList } = chef;
  if (client === undefined) throw noClient();
  const files = await writeFiles(chef, tools, script);
  script.emit({ type: 'chef-started', client, runList });
  const log = path.join(tools.home.logs, 'chef-client.log');
  const { result, tail } = await runLogged(client, { files, log, home: tools.home.chef }, script);
  const { exitCode, duration } = result;
  if (result.endedBy === 'abort') throw abortedError('Chef', script.signal);
  script.emit({ type: 'chef-finished', exitCode, duration });
  if (exitCode === 0) return undefined;
  if (exitCode === 35) return 'now';
  if (exitCode === 37) return 'pending';
  const said = await readChefException(files.reports);
  const why = said ?? reasons[exitCode] ?? 'the reason is in its output';
  throw new ConvergeFailure(
    `Chef failed on ${os.hostname()}: exit ${exitCode}: ${why}`,
    { script: 'chef', exitCode, outputTail: tail },
    { exitCode, hint: hints[exitCode] ?? `its output is in ${log}` },
  );
}

async function writeFiles(
  chef: ChefState,
  tools: ConvergeTools,
  script: ScriptTools,
): Promise<ChefFiles> {
  const { config, home } = tools;
  const [name, license] = await Promise.all(
    ['cyclecloud.node.name', 'cyclecloud.chef.license'].map(async (key) =>
      config.get<unknown>(key),
    ),
  );
  const settings = {
    runList: chef.runList,
    nodeName: typeof name === 'string' && name !== '' ? name : os.hostname(),
    license: typeof license === 'string' ? license : undefined,
  };
  return writeChefFiles(settings, home, script.layout);
}

async function runLogged(
  client: string,
  where: { files: ChefFiles; log: string; home: string },
  tools: ScriptTools,
): Promise<{ result: RunResult; tail: string }> {
  const { files, log, home } = where;
  const output = new OutputLog({
    file: log,
    maxBytes: tools.maxLogBytes,
    onLine: (text) => {
      tools.emit({ type: 'chef-output', text });
    },
  });
  try {
    // Not forked: a forked run folds the codes 35 and 37 into 1.
    const args = ['-z', '-c', files.clientRb, '-j', files.attributes, '--no-fork'];
    const result = await tools.platform.run(
      { file: client, args },
      {
        cwd: home,
        env: tools.env,
        endSignal: 'SIGINT',
        onOutput: output.write,
        ...(tools.signal === undefined ? {} : { signal: tools.signal }),
      },
    );
    return { result, tail: output.close() };
  } catch (error) {
    output.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new ConvergeFailure(
      `Chef could not be started: ${why}`,
      { script: 'chef' },
      { cause: error },
    );
  } finally {
    if (output.problem !== undefined) tools.emit({ type: 'warning', message: output.problem });
  }
}

function noClient(): ConvergeFailure {
  return new ConvergeFailure(
    'cannot run Chef: there is a run list, but no Chef client on this machine',
    { script: 'chef' },
    {
      hint: 'install chef-client or cinc-client, name it in cyclecloud.chef.client, or set cyclecloud.chef.required to false to go on without',
    },
  );
}
