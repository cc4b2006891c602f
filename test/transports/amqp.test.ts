import { describe, expect, inject, it } from 'vitest';

import { describeTransport } from '../../src/testing/index.js';
import { AmqpTransport } from '../../src/transports/amqp.js';
import { startConsumer } from '../support/broker.js';
import { makeMessage } from '../support/message.js';
import { runner } from '../support/runner.js';
import { startSilentServer } from '../support/silent-server.js';

const url = inject('brokerUrl');

describeTransport('AmqpTransport', {
  runner,
  create: async () => {
    const consumer = await startConsumer(url);
    const transport = new AmqpTransport({ urls: [url] });
    return {
      transport,
      exchange: consumer.exchange,
      arrived: async () => consumer.arrived,
      [Symbol.asyncDispose]: async () => {
        await transport.close();
        await consumer[Symbol.asyncDispose]();
      },
    };
  },
  createUnreachable: async () => new AmqpTransport({ urls: ['amqp://127.0.0.1:1/'] }),
});

describe('AmqpTransport', () => {
  it('sends persistent, dated messages that name their sender', async () => {
    await using consumer = await startConsumer(url);
    await using transport = new AmqpTransport({ urls: [url] });
    const { exchange } = consumer;

    await transport.send(makeMessage({ exchange, timestamp: 1_900_000_000_999 }));

    await expect.poll(() => consumer.arrived).toHaveLength(1);
    expect(consumer.arrived[0]?.properties).toMatchObject({
      appId: 'jetpack',
      deliveryMode: 2,
      timestamp: 1_900_000_000,
      headers: { cluster: 'hpc1', attempt: 1 },
    });
  });

  it('declares an exchange that is not there', async () => {
    await using consumer = await startConsumer(url);
    const { channel, exchange } = consumer;
    await channel.deleteExchange(exchange);
    await using transport = new AmqpTransport({ urls: [url] });

    await transport.send(makeMessage({ exchange }));

    await expect(channel.checkExchange(exchange)).resolves.toBeDefined();
  });

  it('says that a message was returned which no queue is bound for', async () => {
    await using consumer = await startConsumer(url, 'only.this');
    await using transport = new AmqpTransport({ urls: [url] });
    const { exchange } = consumer;

    const outcomes = await Promise.all([
      transport.send(makeMessage({ exchange, routingKey: 'nobody' })),
      transport.send(makeMessage({ exchange, routingKey: 'only.this' })),
    ]);

    expect(outcomes).toEqual([
      {
        status: 'rejected',
        reason: `returned: no queue is bound for the routing key nobody on the exchange ${exchange}`,
        permanent: false,
      },
      { status: 'confirmed' },
    ]);
  });

  it('says that the broker refused what a full queue has no room for', async () => {
    await using consumer = await startConsumer(url, 'never');
    const { channel, exchange } = consumer;
    const { queue } = await channel.assertQueue('', {
      exclusive: true,
      maxLength: 1,
      overflow: 'reject-publish',
    });
    await channel.bindQueue(queue, exchange, 'k');
    await using transport = new AmqpTransport({ urls: [url] });

    const first = await transport.send(makeMessage({ exchange, routingKey: 'k' }));
    const second = await transport.send(makeMessage({ exchange, routingKey: 'k' }));

    expect(first).toEqual({ status: 'confirmed' });
    expect(second).toMatchObject({ status: 'rejected', permanent: false });
  });

  it('names an exchange that exists with other properties, and still serves others', async () => {
    await using consumer = await startConsumer(url);
    const { channel } = consumer;
    const fanout = `${consumer.exchange}-fanout`;
    await channel.assertExchange(fanout, 'fanout', { autoDelete: true });
    await using transport = new AmqpTransport({ urls: [url] });

    await expect(transport.send(makeMessage({ exchange: fanout }))).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
      message: expect.stringContaining(fanout),
    });

    const other = await transport.send(makeMessage({ exchange: consumer.exchange }));
    expect(other).toEqual({ status: 'confirmed' });
    await channel.deleteExchange(fanout);
  });

  it('refuses for good what AMQP cannot carry', async () => {
    await using transport = new AmqpTransport({ urls: [url] });

    const outcome = await transport.send(makeMessage({ routingKey: 'x'.repeat(256) }));

    expect(outcome).toMatchObject({ status: 'rejected', permanent: true });
  });

  it('says that the credentials are refused, and does not show them', async () => {
    const wrong = new URL(url);
    wrong.password = 'secret-word';
    await using transport = new AmqpTransport({ urls: [wrong.toString()] });

    const error: unknown = await transport.send(makeMessage({})).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name: 'JetpackError', code: 'ERR_JETPACK_PERMISSION' });
    expect(String(error)).not.toContain('secret-word');
    expect(transport.target).not.toContain('secret-word');
  });

  it('says that the virtual host is not there', async () => {
    await using transport = new AmqpTransport({ urls: [new URL('/nowhere', url).toString()] });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
    });
  });

  it('tries the next broker when the first does not answer', async () => {
    await using consumer = await startConsumer(url);
    await using transport = new AmqpTransport({ urls: ['amqp://127.0.0.1:1/', url] });

    const outcome = await transport.send(makeMessage({ exchange: consumer.exchange }));

    expect(outcome).toEqual({ status: 'confirmed' });
  });

  it('gives up connecting to a server that accepts and says nothing', async () => {
    await using silent = await startSilentServer();
    await using transport = new AmqpTransport({ urls: [silent.url], connectTimeout: 100 });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      name: 'TemporaryError',
      code: 'ERR_JETPACK_UNREACHABLE',
    });
  });

  it('does not wait for a silent server when it is closed', async () => {
    await using silent = await startSilentServer();
    await using transport = new AmqpTransport({ urls: [silent.url], connectTimeout: 60_000 });
    const sending = transport.send(makeMessage({})).catch((thrown: unknown) => thrown);
    await silent.connected;

    await transport.close();

    expect(await sending).toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
  });

  it('calls the outcome unknown when the connection falls silent, and connects anew', async () => {
    await using consumer = await startConsumer(url);
    const { exchange } = consumer;
    await using silent = await startSilentServer({ forwardTo: url });
    await using transport = new AmqpTransport({ urls: [silent.url], confirmTimeout: 200 });
    await transport.send(makeMessage({ exchange }));
    silent.mute();

    const lost = await Promise.all([
      transport.send(makeMessage({ exchange })),
      transport.send(makeMessage({ exchange })),
    ]);
    silent.unmute();
    const found = await transport.send(makeMessage({ exchange }));

    expect(lost.map(({ status }) => status)).toEqual(['unknown', 'unknown']);
    expect(found).toEqual({ status: 'confirmed' });
  });

  it('calls the outcome unknown when the connection is cut, and connects anew', async () => {
    await using consumer = await startConsumer(url);
    const { exchange } = consumer;
    await using proxy = await startSilentServer({ forwardTo: url });
    await using transport = new AmqpTransport({ urls: [proxy.url] });
    await transport.send(makeMessage({ exchange }));
    proxy.mute();
    const sending = transport.send(makeMessage({ exchange }));

    proxy.cut();
    proxy.unmute();

    expect(await sending).toMatchObject({ status: 'unknown' });
    expect(await transport.send(makeMessage({ exchange }))).toEqual({ status: 'confirmed' });
  });

  it('names a certificate file that is none', async () => {
    await using transport = new AmqpTransport({
      urls: ['amqps://127.0.0.1:1/'],
      ca: '/nowhere.pem',
    });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
      path: '/nowhere.pem',
    });
  });
});
