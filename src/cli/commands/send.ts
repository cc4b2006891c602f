import fs from 'node:fs/promises';

import { JetpackError, openSender, UsageError } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { deliveryOptions, deliveryWait, reportReceipt } from '../delivery.js';
import { text, texts } from '../options.js';

/** The largest message RabbitMQ takes by default. */
const largestMessage = 128 * 1024 * 1024;

export const command: CliCommand = {
  summary: 'send any message under a routing key',
  usage: [
    'send ROUTING_KEY MESSAGE',
    'send ROUTING_KEY --file PATH',
    'send ROUTING_KEY -   reads standard input',
  ],
  options: {
    file: { type: 'string', value: 'PATH', help: 'send the bytes of this file, at most 128 MiB' },
    'content-type': { type: 'string', value: 'TYPE', help: 'MIME type of the message' },
    header: {
      type: 'string',
      value: 'K=V',
      multiple: true,
      help: 'add a header; may stand more than once',
    },
    exchange: {
      type: 'string',
      value: 'NAME',
      help: 'publish to this exchange (default cyclecloud)',
    },
    ...deliveryOptions,
  },
  positionals: [1, 2],
  examples: [
    'jetpack send slurm.nodes \'{"ready": true}\' --content-type application/json',
    'jetpack send site.inventory --file /tmp/inventory.json',
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const [routingKey = '', message] = call.positionals;
  const body = await bodyOf(call, message);
  const contentType = text(call, 'content-type');
  const exchange = text(call, 'exchange');
  const headers = parseHeaders(texts(call, 'header'));
  await using sender = await openSender({ env: call.io.env });
  const receipt = await sender.send(routingKey, body, {
    wait: deliveryWait(call),
    headers,
    ...(contentType === undefined ? {} : { contentType }),
    ...(exchange === undefined ? {} : { exchange }),
  });
  return reportReceipt(call, receipt);
}

async function bodyOf(call: Call, message: string | undefined): Promise<string | Uint8Array> {
  const file = text(call, 'file');
  if (file !== undefined && message !== undefined) {
    throw new UsageError('jetpack send takes a message or --file, not both');
  }
  if (file !== undefined) return readBody(file);
  if (message === undefined)
    throw new UsageError('jetpack send needs a message, --file, or - for standard input');
  return message === '-' ? call.io.readStdin() : message;
}

async function readBody(file: string): Promise<Uint8Array> {
  try {
    const { size } = await fs.stat(file);
    if (size > largestMessage) {
      throw new UsageError(
        `cannot send ${file}: it has ${size} bytes, a message at most ${largestMessage}`,
      );
    }
    return await fs.readFile(file);
  } catch (error) {
    if (error instanceof JetpackError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new JetpackError('ERR_JETPACK_NOT_FOUND', `cannot read ${file}: ${reason}`, {
      cause: error,
      path: file,
    });
  }
}

function parseHeaders(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new UsageError(`option --header must be NAME=VALUE, got ${JSON.stringify(pair)}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
