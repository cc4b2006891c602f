import { formatDuration, Jetpack } from '../../index.js';
import type { CheckVerdict, HealthRound } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { flag, sharedOptions } from '../options.js';
import { showWarnings } from '../warnings.js';

export const command: CliCommand = {
  summary: 'run every health check once',
  usage: ['healthcheck [--json]'],
  options: { json: sharedOptions.json },
  positionals: [0, 0],
  examples: ['jetpack healthcheck'],
  run,
};

/** Exit 0 when no check is unhealthy or unknown, else 1. */
async function run(call: Call): Promise<number> {
  const { io } = call;
  await using jetpack = await Jetpack.open({ env: io.env, onWarning: showWarnings(io) });
  const round = await jetpack.healthCheck.runOnce({ signal: io.signal });
  io.out(flag(call, 'json') ? `${JSON.stringify(round)}\n` : render(round));
  await jetpack.sender.flush({ wait: 2000 });
  return round.verdicts.every(({ verdict }) => verdict === 'healthy') ? 0 : 1;
}

function render(round: HealthRound): string {
  if (round.verdicts.length === 0)
    return 'no health checks: config/healthcheck.d holds no scripts\n';
  return [
    ...round.verdicts.map((verdict) => verdictLine(verdict)),
    ...round.requested.map(({ check }) => `asked the server to end this node: ${check}`),
    ...round.heldBack.map(({ check, why }) => `not asked to end this node for ${check}: ${why}`),
    '',
  ].join('\n');
}

function verdictLine({ check, verdict, message, duration }: CheckVerdict): string {
  return `${verdict.padEnd(9)} ${check}: ${message} (${formatDuration(duration)})`;
}
