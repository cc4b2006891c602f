import { formatMessageLine, openReceiver } from '../../index.js';
import type { Call, CliCommand, Io } from '../command.js';
import { choice, flag } from '../options.js';
import { renderMessage } from '../render/message.js';
import { showWarnings } from '../warnings.js';

const levels = ['info', 'warn', 'error'] as const;
const priorities = ['low', 'medium', 'high'] as const;

export const command: CliCommand = {
  summary: 'show messages as they arrive, until Ctrl-C',
  usage: ['watch [--level LEVEL] [--priority PRIORITY] [--json]'],
  options: {
    level: {
      type: 'string',
      value: 'LEVEL',
      help: 'only log messages of this level or a worse one: info, warn or error',
    },
    priority: {
      type: 'string',
      short: 'p',
      value: 'PRIORITY',
      help: 'only log messages of this priority or a higher one: low, medium or high',
    },
    json: { type: 'boolean', help: 'one JSON object a line, as in logs/messages.jsonl' },
  },
  positionals: [0, 0],
  examples: [
    'jetpack watch',
    'jetpack watch --level warn',
    'jetpack watch --json | jq .routingKey',
  ],
  run,
};

/** Exit 0 when a person ends it: there is no other end of it. */
async function run(call: Call): Promise<number> {
  const { io } = call;
  const broken = new AbortController();
  const ending = AbortSignal.any([io.signal, broken.signal]);
  const render = flag(call, 'json') ? formatMessageLine : renderMessage;
  try {
    await using receiver = await openReceiver({
      env: io.env,
      patterns: patternsOf(call),
      prefetch: 100,
      onMessage: (message) => {
        show(io, render(message), broken);
      },
      onError: (error) => {
        io.err(`jetpack: ${error.message}\n`);
      },
      onWarning: showWarnings(io),
      signal: ending,
    });
    await aborted(ending);
    await receiver.close();
  } catch (error) {
    if (!ending.aborted) throw error;
  }
  broken.signal.throwIfAborted();
  return 0;
}

/** An answer that cannot be written ends it. */
function show(io: Io, line: string, broken: AbortController): void {
  try {
    io.out(line);
  } catch (error) {
    broken.abort(error);
  }
}

/** Level and priority are words of the routing key, so that the broker itself leaves out the rest. */
function patternsOf(call: Call): readonly string[] {
  const level = choice(call, 'level', levels);
  const priority = choice(call, 'priority', priorities);
  if (level === undefined && priority === undefined) return ['#'];
  return from(levels, level).flatMap((one) =>
    from(priorities, priority).map((other) => `log.${one}.${other}`),
  );
}

/** Those from that one on. */
function from<T>(all: readonly T[], first: T | undefined): readonly T[] {
  return first === undefined ? all : all.slice(all.indexOf(first));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
