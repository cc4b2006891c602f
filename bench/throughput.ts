// Durable, confirmed sends a second: our Sender beside a bare amqplib confirm channel, in turn, on one broker.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { Jetpack } from '@cycle/jetpack';
import { connect } from 'amqplib';

import { median } from './measure.ts';

const inFlight = 100;
const messages = 10_000;
const rounds = 5;
const exchange = 'cyclecloud';
const routingKey = 'bench.message';
const body = Buffer.alloc(200, 'x');

/** Keeps that many calls under way until all are done; resolves with the calls a second. */
async function perSecond(call: () => Promise<void>): Promise<number> {
  let left = messages;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return messages / ((performance.now() - begun) / 1000);
}

/** The two rates, medians, and the median of their ratio, round by round. */
export async function compareThroughput(
  url: string,
): Promise<{ ours: number; bare: number; ratio: number }> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-bench-'));
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(exchange, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('bench', { durable: true });
  await channel.bindQueue(queue, exchange, routingKey);
  const jetpack = await Jetpack.open({ home: root, env: { JETPACK_BROKER_URL: url } });
  const bareSend = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      channel.publish(
        exchange,
        routingKey,
        body,
        { persistent: true, mandatory: true },
        (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  const ourSend = async (): Promise<void> => {
    const { delivered, reason } = await jetpack.sender.send(routingKey, body, { wait: 30_000 });
    if (!delivered) throw new Error(`not delivered: ${reason}`);
  };
  const results: { ours: number; bare: number }[] = [];
  const measure = async (call: () => Promise<void>): Promise<number> => {
    await channel.purgeQueue(queue); // a longer queue is a slower one: each begins with an empty one
    return perSecond(call);
  };
  for (let round = 0; round <= rounds; round++) {
    // Each goes first in every other round.
    const first = round % 2 === 0 ? undefined : await measure(ourSend);
    const bare = await measure(bareSend);
    const result = { bare, ours: first ?? (await measure(ourSend)) };
    if (round > 0) results.push(result);
  }
  await jetpack.close();
  await connection.close();
  await fs.rm(root, { recursive: true });
  return {
    ours: median(results.map(({ ours }) => ours)),
    bare: median(results.map(({ bare }) => bare)),
    ratio: median(results.map(({ ours, bare }) => ours / bare)),
  };
}
