import { Jetpack } from '../../index.js';
import type { ConvergeResult } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { choice, flag, seconds, sharedOptions } from '../options.js';
import { createConvergeProgress } from '../render/converge-progress.js';
import { renderPlan, renderResult } from '../render/converge.js';
import { showWarnings } from '../warnings.js';

/** What Chef itself exits with: whoever started the converge knows these. */
const rebootCodes = { now: 35, pending: 37 } as const;

export const command: CliCommand = {
  summary: 'fetch and run what is assigned to this node',
  usage: ['converge [--cluster-init] [--plan] [--no-sync] [--wait-lock SECONDS]'],
  options: {
    'cluster-init': {
      type: 'boolean',
      help: 'only the scripts, and show what they print; no Chef',
    },
    plan: { type: 'boolean', help: 'show what would be done and why; change nothing' },
    'no-sync': { type: 'boolean', help: 'use what is installed; ask the locker nothing' },
    mode: { type: 'string', value: 'MODE', help: 'install or maintenance; scripts see it' },
    'wait-lock': {
      type: 'string',
      value: 'SECONDS',
      help: 'how long to wait for another converge (default 0)',
    },
    json: sharedOptions.json,
  },
  positionals: [0, 0],
  examples: [
    'jetpack converge',
    'jetpack converge --plan',
    'jetpack converge --cluster-init --no-sync',
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { io } = call;
  const json = flag(call, 'json');
  const options = {
    clusterInitOnly: flag(call, 'cluster-init'),
    sync: !flag(call, 'no-sync'),
    signal: io.signal,
  };
  const mode = choice(call, 'mode', ['install', 'maintenance']);
  const waitLock = seconds(call, 'wait-lock', 0);
  await using jetpack = await Jetpack.open({ env: io.env, onWarning: showWarnings(io) });
  if (flag(call, 'plan')) {
    const plan = await jetpack.converger.plan(options);
    io.out(json ? `${JSON.stringify(plan)}\n` : renderPlan(plan));
    return 0;
  }
  const progress = createConvergeProgress(call, { output: options.clusterInitOnly });
  try {
    const result = await jetpack.converger.converge({
      ...options,
      waitLock,
      onProgress: (event) => {
        progress.show(event);
      },
      ...(mode === undefined ? {} : { mode }),
    });
    progress.end();
    io.out(json ? `${JSON.stringify(result)}\n` : renderResult(result));
    return exitCode(result);
  } finally {
    progress.end();
    // What the converge said is queued durably; the service or the next command delivers what does not leave now.
    await jetpack.sender.flush({ wait: 2000 });
  }
}

function exitCode(result: ConvergeResult): number {
  return result.reboot === undefined ? 0 : rebootCodes[result.reboot];
}
