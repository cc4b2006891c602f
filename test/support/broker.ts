import { randomUUID } from 'node:crypto';

import { connect } from 'amqplib';
import type { Channel } from 'amqplib';

import type { ArrivedMessage } from '../../src/testing/index.js';

/** One exchange and one queue bound to all of it, as a server would have them. */
export interface Consumer extends AsyncDisposable {
  readonly exchange: string;
  readonly channel: Channel;
  readonly arrived: readonly (ArrivedMessage & { readonly properties: Record<string, unknown> })[];
}

/** Consumes what is published to a fresh exchange that goes away afterwards. */
export async function startConsumer(url: string, pattern = '#'): Promise<Consumer> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const exchange = `test-${randomUUID()}`;
  await channel.assertExchange(exchange, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, pattern);
  const arrived: (ArrivedMessage & { properties: Record<string, unknown> })[] = [];
  await channel.consume(
    queue,
    (delivery) => {
      if (delivery === null) return;
      const { fields, content } = delivery;
      const properties: Record<string, unknown> = { ...delivery.properties };
      arrived.push({
        messageId: String(properties['messageId']),
        routingKey: fields.routingKey,
        type: String(properties['type']),
        contentType: String(properties['contentType']),
        headers: { ...delivery.properties.headers },
        body: content,
        properties,
      });
    },
    { noAck: true },
  );
  return {
    exchange,
    channel,
    arrived,
    [Symbol.asyncDispose]: async () => {
      await channel.deleteExchange(exchange);
      await connection.close();
    },
  };
}
