import {
  formatDuration,
  Jetpack,
  readLastConverge,
  systemClock,
  TemporaryError,
} from '../../index.js';
import type { CheckStatus, KeepAliveState, LastConverge, OutboxSummary } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { flag, seconds, sharedOptions } from '../options.js';
import { showWarnings } from '../warnings.js';

/** How often a waiting `status` looks: milliseconds. */
const lookEvery = 500;
const oneDaySeconds = 86_400;

export const command: CliCommand = {
  summary: 'show how this node is',
  usage: ['status [--wait [--timeout SECONDS]] [--json]'],
  options: {
    wait: { type: 'boolean', help: 'until a converge has ended, well or not' },
    timeout: { type: 'string', value: 'SECONDS', help: 'how long to wait (default a day)' },
    json: sharedOptions.json,
  },
  positionals: [0, 0],
  examples: ['jetpack status', 'jetpack status --wait --timeout 600'],
  run,
};

/** Everything on the screen. */
interface Status {
  readonly cluster: string;
  readonly node: string;
  readonly home: string;
  readonly converge: LastConverge | undefined;
  readonly health: readonly CheckStatus[];
  readonly keepAlive: KeepAliveState;
  readonly outbox: OutboxSummary;
  /** Where messages go. */
  readonly transport: string;
}

/** Exit 0 converged, 2 failed, 1 not converged yet. */
async function run(call: Call): Promise<number> {
  const { io } = call;
  const timeout = seconds(call, 'timeout', oneDaySeconds);
  await using jetpack = await Jetpack.open({ env: io.env, onWarning: showWarnings(io) });
  if (flag(call, 'wait')) await waitForEnd(jetpack, timeout, io.signal);
  const status = await gather(jetpack);
  io.out(flag(call, 'json') ? `${JSON.stringify(status)}\n` : render(status));
  if (status.converge?.state === 'failed') return 2;
  return status.converge?.state === 'converged' ? 0 : 1;
}

async function waitForEnd(jetpack: Jetpack, timeout: number, signal: AbortSignal): Promise<void> {
  const until = systemClock.uptime() + timeout;
  for (;;) {
    const last = await readLastConverge(jetpack.home, jetpack.platform);
    if (last?.state === 'converged' || last?.state === 'failed') return;
    if (systemClock.uptime() >= until) {
      throw new TemporaryError(
        'ERR_JETPACK_TIMEOUT',
        `no converge has ended within ${formatDuration(timeout)}`,
      );
    }
    signal.throwIfAborted();
    await systemClock.sleep(lookEvery, signal);
  }
}

async function gather(jetpack: Jetpack): Promise<Status> {
  return {
    cluster: await jetpack.config.get('cyclecloud.cluster.name', ''),
    node: await jetpack.config.get('cyclecloud.node.name', ''),
    home: jetpack.home.root,
    converge: await readLastConverge(jetpack.home, jetpack.platform),
    health: await jetpack.healthCheck.status(),
    keepAlive: await jetpack.keepAlive.status(),
    outbox: await jetpack.sender.outbox.summary(),
    transport: jetpack.transport.target,
  };
}

function render(status: Status): string {
  const { cluster, node, home, converge, health, keepAlive, outbox, transport } = status;
  const rows: [string, string][] = [
    ['node', node === '' ? 'unknown: node.json names none' : node],
    ['cluster', cluster === '' ? 'unknown: node.json names none' : cluster],
    ['home', home],
    ['converge', convergeLine(converge)],
    ['health', healthLine(health)],
    ['keepalive', keepAliveLine(keepAlive)],
    ['outbox', `${outbox.queued} queued, ${outbox.quarantined} set aside, ${outbox.shed} given up`],
    ['transport', transport],
  ];
  return rows.map(([name, text]) => `${name.padEnd(10)} ${text}\n`).join('');
}

function convergeLine(last: LastConverge | undefined): string {
  if (last === undefined) return 'never';
  const when = last.finished === undefined ? `since ${last.started}` : `at ${last.finished}`;
  return `${last.state} ${when}${last.failure === undefined ? '' : `: ${last.failure.message}`}`;
}

function healthLine(health: readonly CheckStatus[]): string {
  if (health.length === 0) return 'unknown: no check has run yet';
  const sick = health.filter(({ verdict }) => verdict !== 'healthy');
  if (sick.length === 0) return `healthy: ${health.length} checks`;
  return sick.map(({ check, verdict, message }) => `${verdict}: ${check}: ${message}`).join('; ');
}

function keepAliveLine(state: KeepAliveState): string {
  if (state.state === 'inactive') return 'none';
  return `${state.until === 'forever' ? 'for ever' : `${formatDuration(state.remaining)} left`}, by ${state.by}`;
}
