import type { ConvergeEvent, ScriptName } from '../../index.js';
import { formatDuration } from '../../index.js';
import type { Call } from '../command.js';

/** Shows on stderr what a converge does. */
export interface ConvergeProgress {
  show(event: ConvergeEvent): void;
  /** Takes away a moving line. */
  end(): void;
}

const clearLine = '\r\u001B[K';

/** On a terminal files are counted in one moving line; elsewhere each is a line of its own. */
export function createConvergeProgress(
  call: Call,
  options: { readonly output: boolean },
): ConvergeProgress {
  let moving = false;
  const end = (): void => {
    if (moving) call.io.err(clearLine);
    moving = false;
  };
  return {
    show: (event) => {
      if (event.type === 'file-fetched' && call.progress) {
        call.io.err(`${clearLine}fetching ${event.count} of ${event.total}: ${event.path}`);
        moving = true;
        return;
      }
      const line = describe(event, options.output);
      if (line === undefined) return;
      end();
      call.io.err(`${line}\n`);
    },
    end,
  };
}

/** What is said of an event; `undefined` for one that nobody needs to see. */
function describe(event: ConvergeEvent, showOutput: boolean): string | undefined {
  switch (event.type) {
    case 'lock-waiting':
      return event.message;
    case 'warning':
      return `warning: ${event.message}`;
    case 'resumed':
      return `goes on where the converge of ${event.since} was interrupted: ${event.step}`;
    case 'step-started':
    case 'script-started':
      return undefined;
    case 'step-finished':
      return `${event.step}: ${event.message} (${formatDuration(event.duration)})`;
    case 'file-fetched':
      return `fetched ${event.project}/${event.spec}/${event.path} (${event.bytes} bytes)`;
    case 'spec-installed':
      return `installed ${event.project} ${event.version}, spec ${event.spec}`;
    case 'spec-kept':
      return undefined;
    default:
      return describeRun(event, showOutput);
  }
}

type RunEvent = Extract<ConvergeEvent, { type: `chef-${string}` | 'output' | `script-${string}` }>;

function describeRun(
  event: Exclude<RunEvent, { type: 'script-started' }>,
  showOutput: boolean,
): string | undefined {
  switch (event.type) {
    case 'chef-started':
      return `Chef: ${event.client} with ${event.runList.join(', ')}`;
    case 'chef-output':
      return `  | ${event.text}`;
    case 'chef-finished':
      return `Chef ended with ${event.exitCode} after ${formatDuration(event.duration)}`;
    case 'chef-skipped':
      return `Chef skipped: ${event.why}`;
    case 'output':
      return showOutput ? `  ${event.spec}/${event.script} | ${event.text}` : undefined;
    case 'script-finished':
      return `${event.exitCode === 0 ? 'ran' : `FAILED (${event.exitCode})`} ${name(event)} in ${formatDuration(event.duration)}`;
    case 'script-skipped':
      return `skipped ${name(event)}: ${event.why}`;
  }
}

function name(script: ScriptName): string {
  return `${script.project}/${script.spec}/${script.folder}/${script.script}`;
}
