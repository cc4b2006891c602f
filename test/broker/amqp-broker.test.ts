import fs from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTemporaryHome } from '../../src/testing/index.js';
import { AmqpTransport } from '../../src/transports/amqp.js';
import { startConsumer } from '../support/broker.js';
import { createCertificates } from '../support/certificates.js';
import type { Certificates } from '../support/certificates.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { makeMessage } from '../support/message.js';
import { freePorts, startRabbitMq } from '../support/rabbitmq.js';
import type { RabbitMq } from '../support/rabbitmq.js';
import { startSender } from '../support/sender.js';

let rabbit: RabbitMq;
let certificates: Certificates;
let secureUrl: string;

beforeAll(async () => {
  certificates = await createCertificates();
  const [port = 0] = await freePorts(1);
  secureUrl = `amqps://guest:guest@127.0.0.1:${port}/`;
  rabbit = await startRabbitMq({
    config: `max_message_size = 50000
listeners.ssl.1 = 127.0.0.1:${port}
ssl_options.cacertfile = ${certificates.ca}
ssl_options.certfile = ${certificates.server.cert}
ssl_options.keyfile = ${certificates.server.key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
`,
  });
}, 60_000);

afterAll(async () => {
  await rabbit.stop();
  await certificates[Symbol.asyncDispose]();
});

describe('AmqpTransport and a broker out of memory', () => {
  it('says so at once, and sends nothing twice when the broker is well again', async () => {
    await using consumer = await startConsumer(rabbit.url);
    const { exchange } = consumer;
    await using transport = new AmqpTransport({ urls: [rabbit.url] });
    await transport.send(makeMessage({ exchange }));
    await rabbit.control('set_vm_memory_high_watermark', '0.0001');
    const first = makeMessage({ exchange });

    const blocked = await transport.send(first);
    const refused: unknown = await transport.send(makeMessage({ exchange })).catch((e) => e);
    await rabbit.control('set_vm_memory_high_watermark', '0.4');
    await expect.poll(async () => consumer.arrived, { timeout: 5000 }).toHaveLength(2);
    const again = await transport.send(first);

    const reason = `cannot send to ${transport.target}: the broker takes no messages for now: low on memory`;
    expect(blocked).toEqual({ status: 'unknown', reason });
    expect(refused).toMatchObject({ code: 'ERR_JETPACK_UNREACHABLE', message: reason });
    expect(again).toEqual({ status: 'confirmed' });
    expect(await transport.send(makeMessage({ exchange }))).toEqual({ status: 'confirmed' });
    await expect.poll(() => consumer.arrived).toHaveLength(3);
    expect(consumer.arrived.filter((one) => one.messageId === first.messageId)).toHaveLength(1);
  });
});

describe('AmqpTransport and a message that ends the channel', () => {
  it('finds it among those that were on their way, and lets the rest pass', async () => {
    await using consumer = await startConsumer(rabbit.url);
    await using place = await createTemporaryHome();
    const { exchange } = consumer;
    const transport = new AmqpTransport({ urls: [rabbit.url] });
    await using sender = startSender(place.home, { transport });
    const bodies = Array.from({ length: 200 }, (_, n) =>
      n === 70 ? Buffer.alloc(60_000) : Buffer.from(String(n)),
    );

    const receipts = await Promise.all(
      bodies.map(async (body, n) => sender.send(`k${n % 5}`, body, { exchange, wait: 20_000 })),
    );

    const numbers = new Set(consumer.arrived.map(({ body }) => Number(Buffer.from(body))));
    expect(receipts.filter(({ delivered }) => !delivered)).toEqual([
      {
        messageId: receipts[70]?.messageId,
        delivered: false,
        reason: expect.stringMatching(/^refused for good and set aside: .*larger than/),
      },
    ]);
    expect(numbers).toEqual(new Set([...bodies.keys()].filter((n) => n !== 70)));
    expect(await sender.outbox.summary()).toMatchObject({ queued: 0, quarantined: 1, shed: 0 });
  });

  it('refuses it three times when it comes alone, for good with the third', async () => {
    await using consumer = await startConsumer(rabbit.url);
    await using transport = new AmqpTransport({ urls: [rabbit.url] });
    const message = makeMessage({ exchange: consumer.exchange, body: Buffer.alloc(60_000) });

    const outcomes = [];
    for (let n = 0; n < 4; n++) outcomes.push(await transport.send(message));

    expect(outcomes).toMatchObject([
      { status: 'unknown' },
      { status: 'rejected', permanent: false },
      { status: 'rejected', permanent: false },
      { status: 'rejected', permanent: true },
    ]);
  });

  it('turns away who waits behind a suspect when the connection is lost', async () => {
    await using consumer = await startConsumer(rabbit.url);
    await using proxy = await startFaultProxy(rabbit.port);
    const { exchange } = consumer;
    await using transport = new AmqpTransport({
      urls: [`amqp://guest:guest@127.0.0.1:${proxy.port}/`],
      connectTimeout: 300,
      confirmTimeout: 300,
    });
    const large = makeMessage({ exchange, body: Buffer.alloc(60_000) });
    await transport.send(large);
    await proxy.down();

    const outcomes = await Promise.allSettled([
      transport.send(large),
      transport.send(makeMessage({ exchange })),
    ]);

    const unreachable = { reason: { code: 'ERR_JETPACK_UNREACHABLE' } };
    expect(outcomes).toMatchObject([unreachable, unreachable]);
  });
});

describe('AmqpTransport and a declaration that is not answered', () => {
  it('gives up at its deadline', async () => {
    await using proxy = await startFaultProxy(rabbit.port);
    await using consumer = await startConsumer(rabbit.url);
    await using transport = new AmqpTransport({
      urls: [`amqp://guest:guest@127.0.0.1:${proxy.port}/`],
      confirmTimeout: 300,
    });
    await transport.send(makeMessage({ exchange: consumer.exchange }));
    proxy.blackHole();

    await expect(transport.send(makeMessage({ exchange: 'fault-other' }))).rejects.toMatchObject({
      code: 'ERR_JETPACK_UNREACHABLE',
    });
  });
});

describe('AmqpTransport and credentials', () => {
  it('asks for them at every connect', async () => {
    await using consumer = await startConsumer(rabbit.url);
    await using proxy = await startFaultProxy(rabbit.port);
    const { exchange } = consumer;
    await rabbit.control('add_user', 'rotating', 'first/1');
    await rabbit.control('set_permissions', 'rotating', '.*', '.*', '.*');
    let password = 'first/1';
    await using transport = new AmqpTransport({
      urls: [`amqp://127.0.0.1:${proxy.port}/`],
      credentials: async () => ({ username: 'rotating', password }),
    });
    const first = await transport.send(makeMessage({ exchange }));

    await rabbit.control('change_password', 'rotating', 'second@2');
    proxy.cut();
    await expect
      .poll(async () => transport.send(makeMessage({ exchange })).catch((e) => e))
      .toMatchObject({ code: 'ERR_JETPACK_PERMISSION' });
    password = 'second@2';
    const second = await transport.send(makeMessage({ exchange }));

    expect([first, second]).toEqual([{ status: 'confirmed' }, { status: 'confirmed' }]);
  });

  it('says that they cannot be had', async () => {
    await using transport = new AmqpTransport({
      urls: [rabbit.url],
      credentials: async () => {
        throw new Error('the vault is sealed');
      },
    });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      code: 'ERR_JETPACK_UNREACHABLE',
      message: `cannot reach ${transport.target}: the vault is sealed`,
    });
  });
});

describe('AmqpTransport and certificates', () => {
  it('refuses a broker whose certificate another authority has signed', async () => {
    await using transport = new AmqpTransport({
      urls: [secureUrl],
      ca: certificates.otherCa,
      ...certificates.client,
    });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
      message: `cannot trust ${transport.target}: no authority that we know has signed its certificate`,
    });
  });

  it('says that the broker wants a certificate of ours', async () => {
    await using transport = new AmqpTransport({ urls: [secureUrl], ca: certificates.ca });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
      message: `cannot trust ${transport.target}: the broker refuses our certificate, or wants one`,
    });
  });

  it('delivers with the right ones, read anew at every connect', async () => {
    await using consumer = await startConsumer(rabbit.url);
    await using place = await createTemporaryHome();
    const ca = await place.write('ca.pem', await fs.readFile(certificates.otherCa));
    await using transport = new AmqpTransport({ urls: [secureUrl], ca, ...certificates.client });
    const message = makeMessage({ exchange: consumer.exchange });
    await expect(transport.send(message)).rejects.toMatchObject({ code: 'ERR_JETPACK_BAD_CONFIG' });

    await fs.copyFile(certificates.ca, ca);

    expect(await transport.send(message)).toEqual({ status: 'confirmed' });
    await expect.poll(() => consumer.arrived).toHaveLength(1);
  });
});
