import { TemporaryError } from '../index.js';
import type { JetpackError, Receipt } from '../index.js';
import type { Call } from './command.js';
import { flag, seconds, sharedOptions } from './options.js';

/** The options of every command that says something to the server. */
export const deliveryOptions = {
  wait: sharedOptions.wait,
  'require-delivery': sharedOptions['require-delivery'],
  json: sharedOptions.json,
} as const;

/** Milliseconds that a command waits for the delivery of what it says. */
export function deliveryWait(call: Call): number {
  return seconds(call, 'wait', 5);
}

/** Tells the person what became of a message: nothing when it arrived, one line when it still waits. */
export function reportReceipt(call: Call, receipt: Receipt): number {
  if (flag(call, 'json')) call.io.out(`${JSON.stringify(receipt)}\n`);
  if (receipt.delivered) return 0;
  const why = receipt.reason ?? 'not delivered yet';
  if (flag(call, 'require-delivery')) throw undelivered(receipt, why);
  call.io.err(`queued: message ${receipt.messageId} waits in the outbox: ${why}\n`);
  return 0;
}

function undelivered(receipt: Receipt, why: string): JetpackError {
  return new TemporaryError(
    'ERR_JETPACK_UNREACHABLE',
    `message ${receipt.messageId} was not delivered: ${why}`,
    {
      hint: 'it stays in the outbox and is delivered by the service or the next command: jetpack outbox list',
    },
  );
}
