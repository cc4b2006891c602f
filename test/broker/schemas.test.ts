import fs from 'node:fs/promises';

import { Ajv } from 'ajv';
import { describe, expect, inject, it } from 'vitest';

import { AmqpSource, AmqpTransport, Receiver } from '../../src/index.js';
import type { ReceivedMessage, Report } from '../../src/index.js';
import { createTemporaryHome } from '../../src/testing/index.js';
import { startConsumer } from '../support/broker.js';
import { startSender } from '../support/sender.js';

/** Of each kind one with all its parts, and one with none that it can be without. */
const reports = {
  log: [{ kind: 'log', level: 'warn', priority: 'medium', message: 'two\nlines' }],
  'node.status': [
    { kind: 'node.status', phase: 'converging', step: 'fetch', duration: 12, message: 'fetched' },
    { kind: 'node.status', phase: 'converged', message: 'done' },
    {
      kind: 'node.status',
      phase: 'failed',
      message: 'no',
      failure: {
        project: 'demo',
        spec: 'default',
        script: 'a.sh',
        exitCode: 3,
        outputTail: 'x',
        recommendation: 'look',
      },
    },
  ],
  'node.health': [
    {
      kind: 'node.health',
      check: 'a.sh',
      verdict: 'unhealthy',
      exitCode: 254,
      message: 'no',
      outputTail: 'x',
    },
    { kind: 'node.health', check: 'a.sh', verdict: 'unknown', message: 'timed out' },
  ],
  'node.terminate': [
    { kind: 'node.terminate', check: 'a.sh', reason: 'sick', outputTail: 'x' },
    { kind: 'node.terminate', check: 'a.sh', reason: 'sick' },
  ],
  'node.shutdown': [{ kind: 'node.shutdown', reason: 'idle', deallocate: true }],
  'node.keepalive': [
    { kind: 'node.keepalive', state: 'active', until: 'forever', by: 'root', reason: 'MPI' },
    { kind: 'node.keepalive', state: 'cancelled', by: 'root' },
  ],
} satisfies { [Kind in Report['kind']]: readonly Extract<Report, { kind: Kind }>[] };

describe.each(Object.entries(reports))('what arrives as %s', (kind, said: readonly Report[]) => {
  it('is what its schema says, with no property that the schema does not know', async () => {
    const schema = JSON.parse(await fs.readFile(`schemas/${kind}.schema.json`, 'utf8'));
    const url = inject('brokerUrl');
    await using place = await createTemporaryHome();
    await using consumer = await startConsumer(url);
    const { exchange } = consumer;
    const received: ReceivedMessage[] = [];
    await using receiver = new Receiver({
      source: new AmqpSource({ urls: [url], exchange }),
      onMessage: (message) => received.push(message),
    });
    await receiver.start();
    const transport = new AmqpTransport({ urls: [url] });
    await using sender = startSender(place.home, { transport, exchange });

    for (const report of said) await sender.report(report, { wait: 10_000 });

    await expect.poll(() => received).toHaveLength(said.length);
    const validate = new Ajv({ strict: true, allErrors: true }).compile({
      ...schema,
      additionalProperties: false,
    });
    for (const message of received) {
      validate(message.json());
      expect(validate.errors).toBeNull();
      expect(message).toMatchObject({ type: kind, contentType: 'application/json' });
    }
  });
});
