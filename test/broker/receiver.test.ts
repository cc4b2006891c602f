import { randomUUID } from 'node:crypto';

import { connect } from 'amqplib';
import type { Channel } from 'amqplib';
import { describe, expect, inject, it } from 'vitest';

import { AmqpSource, AmqpTransport, Receiver } from '../../src/index.js';
import type { ReceivedMessage, ReceiverOptions } from '../../src/index.js';
import { matchesTopic } from '../../src/internal/topic-pattern.js';
import { makeMessage } from '../support/message.js';
import { startSilentServer } from '../support/silent-server.js';

const url = inject('brokerUrl');

interface World extends AsyncDisposable {
  readonly exchange: string;
  readonly channel: Channel;
  readonly transport: AmqpTransport;
  readonly messages: ReceivedMessage[];
  readonly errors: Error[];
  /** Closed with the world. */
  receive(options?: Partial<ReceiverOptions>, via?: string): Promise<Receiver>;
}

/** An exchange of its own, somebody who publishes to it, and receivers. */
async function createWorld(): Promise<World> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const exchange = `test-${randomUUID()}`;
  const transport = new AmqpTransport({ urls: [url] });
  const messages: ReceivedMessage[] = [];
  const errors: Error[] = [];
  const receivers: Receiver[] = [];
  return {
    exchange,
    channel,
    transport,
    messages,
    errors,
    receive: async (options = {}, via = url) => {
      const receiver = new Receiver({
        source: new AmqpSource({ urls: [via], exchange }),
        onMessage: (message) => messages.push(message),
        onError: (error) => errors.push(error),
        ...options,
      });
      receivers.push(receiver);
      await receiver.start();
      return receiver;
    },
    [Symbol.asyncDispose]: async () => {
      for (const receiver of receivers) await receiver.close();
      await transport.close();
      await channel.deleteExchange(exchange);
      await connection.close();
    },
  };
}

async function withQueue(channel: Channel): Promise<{ queue: string } & AsyncDisposable> {
  const queue = `test-${randomUUID()}`;
  const remove = async (): Promise<void> => {
    await channel.deleteQueue(queue);
  };
  return { queue, [Symbol.asyncDispose]: remove };
}

describe('Receiver at RabbitMQ', () => {
  it('receives what its patterns match, with all that was said', async () => {
    await using world = await createWorld();
    const { exchange, transport, messages } = world;
    await world.receive({ patterns: ['log.#', 'node.*'] });

    for (const routingKey of ['log.info.low', 'other', 'node.status']) {
      const body = Buffer.from('{"a":[1,"ä"]}');
      await transport.send(
        makeMessage({ exchange, routingKey, body, type: 'log', contentType: 'application/json' }),
      );
    }

    await expect.poll(() => messages).toHaveLength(2);
    expect(messages.map(({ routingKey }) => routingKey)).toEqual(['log.info.low', 'node.status']);
    expect(messages[0]).toMatchObject({
      messageId: expect.stringMatching(/^01900000-/),
      timestamp: Date.UTC(2030, 0, 1),
      exchange,
      type: 'log',
      contentType: 'application/json',
      headers: { cluster: 'hpc1', attempt: 1 },
    });
    expect(messages[0]?.json()).toEqual({ a: [1, 'ä'] });
  });

  it('drops the second copy of a message', async () => {
    await using world = await createWorld();
    const { exchange, transport, messages } = world;
    const receiver = await world.receive();
    const message = makeMessage({ exchange });

    await transport.send(message);
    await transport.send(message, { attempt: 2 });
    await transport.send(makeMessage({ exchange, routingKey: 'last' }));

    await expect.poll(() => messages.at(-1)?.routingKey).toBe('last');
    expect(messages).toHaveLength(2);
    expect(receiver.duplicates).toBe(1);
  });

  it('finds in its named queue what came while it was away', async () => {
    await using world = await createWorld();
    const { exchange, transport, messages, channel } = world;
    await using place = await withQueue(channel);
    const { queue } = place;
    const first = await world.receive({ queue });
    await first.close();

    const outcome = await transport.send(makeMessage({ exchange, routingKey: 'meanwhile' }));
    await world.receive({ queue });

    expect(outcome).toEqual({ status: 'confirmed' });
    await expect.poll(() => messages.map(({ routingKey }) => routingKey)).toEqual(['meanwhile']);
  });

  it('leaves no queue behind that has no name', async () => {
    await using world = await createWorld();
    const { exchange, transport } = world;
    const receiver = await world.receive();

    await receiver.close();

    const outcome = await transport.send(makeMessage({ exchange }));
    expect(outcome).toMatchObject({ status: 'rejected' });
  });

  it('gives a message that was not finished to the next receiver', async () => {
    await using world = await createWorld();
    const { exchange, transport, messages, channel } = world;
    await using place = await withQueue(channel);
    const { queue } = place;
    let begun = 0;
    const first = await world.receive({
      queue,
      closeTimeout: 0,
      onMessage: async () => {
        begun++;
        await new Promise(() => undefined);
      },
    });
    await transport.send(makeMessage({ exchange }));
    await expect.poll(() => begun).toBe(1);

    await first.close();
    await world.receive({ queue });

    await expect.poll(() => messages).toHaveLength(1);
  });

  it('hands what it gives up to the dead-letter exchange', async () => {
    await using world = await createWorld();
    const { exchange, transport, channel, errors } = world;
    await using dead = await withQueue(channel);
    await using place = await withQueue(channel);
    await channel.assertQueue(dead.queue);
    await channel.assertQueue(place.queue, {
      deadLetterExchange: '',
      deadLetterRoutingKey: dead.queue,
    });
    await world.receive({
      queue: place.queue,
      attempts: 1,
      onMessage: () => {
        throw new Error('no');
      },
    });

    await transport.send(makeMessage({ exchange, body: Buffer.from('unwanted') }));

    await expect
      .poll(async () => channel.get(dead.queue, { noAck: true }))
      .toMatchObject({
        content: Buffer.from('unwanted'),
      });
    expect(errors).toHaveLength(1);
  });

  it('names an exchange that exists with other properties', async () => {
    await using world = await createWorld();
    const { exchange, channel } = world;
    await channel.assertExchange(exchange, 'fanout');

    await expect(world.receive()).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
      message: expect.stringContaining(exchange),
    });
  });

  it('tries a message again, and then gives it up', async () => {
    await using world = await createWorld();
    const { exchange, transport, errors } = world;
    const calls: string[] = [];
    await world.receive({
      random: () => 0,
      onMessage: ({ routingKey }) => {
        calls.push(routingKey);
        if (routingKey === 'bad') throw new Error('no');
      },
    });

    await transport.send(makeMessage({ exchange, routingKey: 'bad' }));
    await transport.send(makeMessage({ exchange, routingKey: 'good' }));

    await expect.poll(() => calls).toEqual(['bad', 'bad', 'bad', 'good']);
    expect(errors).toMatchObject([{ message: expect.stringContaining('after 3 attempts: no') }]);
  });

  it('loses nothing of a named queue over cuts, and handles nothing twice', async () => {
    await using world = await createWorld();
    const { exchange, transport, channel, errors } = world;
    await using place = await withQueue(channel);
    await using proxy = await startSilentServer({ forwardTo: url });
    const handled: string[] = [];
    await world.receive(
      {
        queue: place.queue,
        prefetch: 50,
        onMessage: ({ messageId }) => handled.push(messageId),
      },
      proxy.url,
    );
    const sent = Array.from({ length: 2000 }, () => makeMessage({ exchange }));

    const sending = Promise.all(sent.map(async (message) => transport.send(message)));
    for (let cuts = 1; cuts <= 3; cuts++) {
      // More than what was fetched before the last cut: it flows again, so that there is something to cut.
      const flowing = handled.length + 100;
      await expect
        .poll(() => handled.length, { interval: 1, timeout: 20_000 })
        .toBeGreaterThan(flowing);
      proxy.cut();
      await expect.poll(() => errors.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(cuts);
    }
    await sending;

    await expect.poll(() => handled.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2000);
    expect(handled).toHaveLength(2000);
    expect(new Set(handled)).toEqual(new Set(sent.map(({ messageId }) => messageId)));
  });

  it('comes back when its queue was deleted', async () => {
    await using world = await createWorld();
    const { exchange, transport, channel, messages, errors } = world;
    await using place = await withQueue(channel);
    await world.receive({ queue: place.queue });

    await channel.deleteQueue(place.queue);

    await expect.poll(() => errors).toHaveLength(1);
    await expect
      .poll(async () => transport.send(makeMessage({ exchange })))
      .toEqual({ status: 'confirmed' });
    await expect.poll(() => messages.length).toBeGreaterThan(0);
    expect(errors[0]?.message).toContain('the queue was deleted');
  });

  it('says that the password is wrong, and does not show it', async () => {
    await using world = await createWorld();
    const wrong = new URL(url);
    wrong.password = 'secret-word';

    const error: unknown = await world
      .receive({}, wrong.toString())
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'ERR_JETPACK_PERMISSION' });
    expect(String(error)).not.toContain('secret-word');
  });

  it('can be closed while a broker that says nothing is being connected to', async () => {
    await using silent = await startSilentServer();
    const receiver = new Receiver({
      source: new AmqpSource({ urls: [silent.url] }),
      onMessage: () => undefined,
    });
    const started = receiver.start().catch((error: unknown) => error);

    const before = Date.now();
    await receiver.close();

    expect(await started).toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
    expect(Date.now() - before).toBeLessThan(2500); // and not the 5 s of an attempt
  });
});

describe('matchesTopic', () => {
  it('agrees with RabbitMQ', async () => {
    await using world = await createWorld();
    const { exchange, transport, messages } = world;
    const keys = ['log', 'log.info', 'log.info.low', 'a..b', 'a', '.', 'a.b.c.d', 'log.'];
    const patterns = [
      '#',
      '*',
      'log.#',
      'log.*',
      '#.low',
      '*.*',
      'a.#.d',
      'a.*.b',
      '#.#',
      'log.#.#.low',
    ];
    const byPattern = new Map<string, string[]>();
    for (const pattern of patterns) {
      const got: string[] = [];
      byPattern.set(pattern, got);
      await world.receive({
        patterns: pattern,
        onMessage: ({ routingKey }) => got.push(routingKey),
      });
    }
    await world.receive();

    for (const routingKey of keys) await transport.send(makeMessage({ exchange, routingKey }));

    await expect.poll(() => messages).toHaveLength(keys.length);
    for (const [pattern, got] of byPattern) {
      const expected = keys.filter((key) => matchesTopic(pattern, key));
      await expect.poll(() => got, { message: pattern }).toEqual(expected);
    }
  });
});
