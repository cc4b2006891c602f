import { openSender, UsageError } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { deliveryOptions, deliveryWait, reportReceipt } from '../delivery.js';
import { flag } from '../options.js';

export const command: CliCommand = {
  summary: 'ask the server to end this node',
  usage: ['shutdown [--idle | --unhealthy] [--deallocate]'],
  options: {
    idle: { type: 'boolean', help: 'because it has nothing to do' },
    unhealthy: { type: 'boolean', help: 'because it is sick' },
    deallocate: { type: 'boolean', help: 'keep its disks and release the rest' },
    ...deliveryOptions,
  },
  positionals: [0, 0],
  examples: ['jetpack shutdown --idle', 'jetpack shutdown --unhealthy --deallocate'],
  run,
};

async function run(call: Call): Promise<number> {
  const idle = flag(call, 'idle');
  const unhealthy = flag(call, 'unhealthy');
  if (idle && unhealthy)
    throw new UsageError('jetpack shutdown takes --idle or --unhealthy, not both');
  await using sender = await openSender({ env: call.io.env });
  const receipt = await sender.report(
    {
      kind: 'node.shutdown',
      reason: idle ? 'idle' : unhealthy ? 'unhealthy' : 'requested',
      deallocate: flag(call, 'deallocate'),
    },
    { wait: deliveryWait(call) },
  );
  return reportReceipt(call, receipt);
}
