import path from 'node:path';

import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { createTemporaryHome } from '../../src/testing/index.js';
import { AmqpTransport } from '../../src/transports/amqp.js';
import { startConsumer } from '../support/broker.js';
import { buildProgram } from '../support/program.js';
import type { Program } from '../support/program.js';
import { startSender } from '../support/sender.js';

const rounds = 200;
const atOnce = 4;
let writer: Program;

beforeAll(async () => {
  writer = await buildProgram(path.resolve(import.meta.dirname, '../fixtures/outbox-burst.ts'));
});

afterAll(async () => {
  await writer[Symbol.asyncDispose]();
});

it('delivers all that was accepted by 200 writers that were killed', async () => {
  await using place = await createTemporaryHome();
  await using consumer = await startConsumer(inject('brokerUrl'));
  const accepted: string[] = [];
  const run = async (round: number): Promise<void> => {
    const program = writer.start([place.home.root, String(1 + (round % 40))]);
    await expect
      .poll(() => program.lines.length, { timeout: 20_000, interval: 1 + (round % 7) })
      .toBeGreaterThan(round % 30);
    program.kill();
    await program.ended;
    accepted.push(...program.lines);
  };
  await using sender = startSender(place.home, {
    transport: new AmqpTransport({ urls: [inject('brokerUrl')] }),
  });
  await consumer.channel.assertExchange('cyclecloud', 'topic', { durable: true });
  await consumer.channel.bindExchange(consumer.exchange, 'cyclecloud', 'kill');

  let delivered = 0;
  for (let round = 0; round < rounds; round += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, async (_, n) => run(round + n)));
    if (round % 20 === 0) delivered += (await sender.flush({ wait: 5000 })).delivered;
  }
  delivered += (await sender.flush({ wait: 5000 })).delivered;

  await expect.poll(() => consumer.arrived.length).toBeGreaterThanOrEqual(delivered);
  const arrived = new Set(consumer.arrived.map(({ messageId }) => messageId));
  process.stdout.write(
    `\nkill -9, ${rounds} rounds: ${accepted.length} accepted, ${arrived.size} arrived, ${consumer.arrived.length - arrived.size} duplicates\n`,
  );
  expect(accepted.filter((messageId) => !arrived.has(messageId))).toEqual([]);
  // What was accepted when its writer could not tell any more: at most a burst each.
  expect(arrived.size).toBeLessThanOrEqual(accepted.length + rounds * 40);
  expect(arrived.size).toBe(delivered);
  const { queued, quarantined, shed } = await sender.outbox.summary();
  expect({ queued, quarantined, shed }).toEqual({ queued: 0, quarantined: 0, shed: 0 });
  expect((await sender.outbox.verify()).damaged).toEqual([]);
}, 150_000);
