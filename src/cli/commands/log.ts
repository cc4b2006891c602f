import { Logger, openSender, UsageError } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { deliveryOptions, deliveryWait, reportReceipt } from '../delivery.js';
import { choice } from '../options.js';

export const command: CliCommand = {
  summary: 'send a log message to the server',
  usage: ['log MESSAGE… [--level LEVEL] [--priority PRIORITY]', 'log -   reads standard input'],
  options: {
    level: { type: 'string', value: 'LEVEL', help: 'info, warn or error (default info)' },
    priority: {
      type: 'string',
      short: 'p',
      value: 'PRIORITY',
      help: 'low, medium or high (default medium; high for an error); medium and high show on the cluster page',
    },
    ...deliveryOptions,
  },
  positionals: [1, Infinity],
  examples: [
    'jetpack log "scratch is mounted"',
    'jetpack log --level error "no InfiniBand device"',
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const level = choice(call, 'level', ['info', 'warn', 'error']);
  const priority = choice(call, 'priority', ['low', 'medium', 'high']);
  const wait = deliveryWait(call);
  const message = await messageOf(call);
  await using sender = await openSender({ env: call.io.env });
  const receipt = await new Logger({ sender }).log(message, {
    wait,
    ...(level === undefined ? {} : { level }),
    ...(priority === undefined ? {} : { priority }),
  });
  return reportReceipt(call, receipt);
}

async function messageOf(call: Call): Promise<string> {
  const words = call.positionals;
  const isStdin = words.length === 1 && words[0] === '-';
  const message = isStdin
    ? new TextDecoder().decode(await call.io.readStdin()).trimEnd()
    : words.join(' ');
  if (message === '') throw new UsageError('jetpack log needs a message, and this one is empty');
  return message;
}
