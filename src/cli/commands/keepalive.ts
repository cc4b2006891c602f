import { formatDuration, Jetpack, parseDuration, UsageError } from '../../index.js';
import type { KeepAlive, KeepAliveState } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { flag, sharedOptions, text } from '../options.js';
import { showWarnings } from '../warnings.js';

const oneHour = '1h';

export const command: CliCommand = {
  summary: 'hold back termination by the health check',
  usage: [
    'keepalive [DURATION | forever] [--reason TEXT]',
    'keepalive --status',
    'keepalive --cancel',
  ],
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'why, for whoever wonders' },
    status: { type: 'boolean', help: 'say whether one runs, and until when' },
    cancel: { type: 'boolean', help: 'end it now' },
    json: sharedOptions.json,
  },
  positionals: [0, 1],
  examples: [
    'jetpack keepalive',
    'jetpack keepalive 1h30m --reason "debugging MPI"',
    'jetpack keepalive forever',
  ],
  run,
};

async function run(call: Call): Promise<number> {
  await using jetpack = await Jetpack.open({ env: call.io.env, onWarning: showWarnings(call.io) });
  const state = await act(call, jetpack.keepAlive);
  call.io.out(flag(call, 'json') ? `${JSON.stringify(toJson(state))}\n` : `${describe(state)}\n`);
  // Whatever was said is queued durably; the time given here is only a courtesy to a server that listens.
  await jetpack.sender.flush({ wait: 1000 });
  return 0;
}

async function act(call: Call, keepAlive: KeepAlive): Promise<KeepAliveState> {
  const wish = call.positionals[0];
  const isQuestion = flag(call, 'status');
  const isCancel = flag(call, 'cancel');
  if (Number(isQuestion) + Number(isCancel) + Number(wish !== undefined) > 1) {
    throw new UsageError('jetpack keepalive takes one of DURATION, --status and --cancel');
  }
  if (isQuestion) return keepAlive.status();
  if (isCancel) return keepAlive.cancel();
  const reason = text(call, 'reason');
  return keepAlive.set(parseDuration(wish ?? oneHour), reason === undefined ? {} : { reason });
}

function describe(state: KeepAliveState): string {
  if (state.state === 'inactive') return 'no keepalive: an unhealthy node may be terminated';
  const because = state.reason === undefined ? '' : `: ${state.reason}`;
  const until =
    state.until === 'forever'
      ? 'for ever'
      : `until ${new Date(state.until).toISOString()} (${formatDuration(state.remaining)} left)`;
  return `kept alive ${until}, by ${state.by}${because}`;
}

/** Times as ISO 8601; `remaining` in seconds. */
function toJson(state: KeepAliveState): object {
  if (state.state === 'inactive') return state;
  const isForever = state.until === 'forever';
  return {
    state: state.state,
    until: isForever ? 'forever' : new Date(state.until).toISOString(),
    ...(isForever ? {} : { remainingSeconds: Math.round(state.remaining / 1000) }),
    since: new Date(state.since).toISOString(),
    by: state.by,
    ...(state.reason === undefined ? {} : { reason: state.reason }),
  };
}
