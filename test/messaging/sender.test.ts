import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { TemporaryError } from '../../src/errors.js';
import { createTemporaryHome, ManualClock, MemoryTransport } from '../../src/testing/index.js';
import { readState, settle, startSender } from '../support/sender.js';

describe('Sender', () => {
  it('delivers a message and forgets it', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });

    const receipt = await sender.send('my.key', 'hello', { wait: 5000 });

    expect(receipt).toMatchObject({ delivered: true });
    expect(transport.messages).toHaveLength(1);
    expect(transport.messages[0]).toMatchObject({
      messageId: receipt.messageId,
      exchange: 'cyclecloud',
      routingKey: 'my.key',
      type: 'send',
      contentType: 'text/plain; charset=utf-8',
      headers: { cluster: 'hpc1', node: 'execute-1' },
      priority: 'medium',
    });
    expect(Buffer.from(transport.messages[0]?.body ?? []).toString()).toBe('hello');
    expect(await sender.outbox.summary()).toEqual({ queued: 0, bytes: 0, quarantined: 0, shed: 0 });
  });

  it('only queues, and does not touch the transport, without a wait', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });

    const receipt = await sender.send('my.key', { answer: 42 });

    expect(receipt.delivered).toBe(false);
    expect(transport.attempts).toHaveLength(0);
    expect(await sender.outbox.list()).toMatchObject([
      { messageId: receipt.messageId, contentType: 'application/json', state: 'queued' },
    ]);
  });

  it('delivers what another sender has queued, oldest first, before its own', async () => {
    await using place = await createTemporaryHome();
    await using first = startSender(place.home, {});
    await first.send('k', '1');
    await first.send('k', '2');
    const transport = new MemoryTransport();
    await using second = startSender(place.home, { transport });

    await second.send('k', '3', { wait: 5000 });

    expect(transport.messages.map(({ body }) => Buffer.from(body).toString())).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('gives up at the end of the wait, says why, and keeps the message', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock();
    const transport = new MemoryTransport(() => {
      throw new TemporaryError(
        'ERR_JETPACK_UNREACHABLE',
        'cannot reach amqp://b: connection refused',
      );
    });
    await using sender = startSender(place.home, { transport, clock });

    const receipt = await settle(clock, sender.send('k', 'text', { wait: 5000 }));

    expect(receipt).toMatchObject({
      delivered: false,
      reason: 'cannot reach amqp://b: connection refused',
    });
    expect(transport.attempts.length).toBeGreaterThan(1);
    expect((await sender.outbox.summary()).queued).toBe(1);
  });

  it('does not wait for what only a person can mend', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock();
    const transport = new MemoryTransport(() => {
      throw new (class extends TemporaryError {})('ERR_JETPACK_PERMISSION', 'cannot log in');
    });
    await using sender = startSender(place.home, { transport, clock });

    const receipt = await sender.send('k', 'text', { wait: 5000 });

    expect(receipt).toMatchObject({ delivered: false, reason: 'cannot log in' });
    expect(transport.attempts).toHaveLength(1);
  });

  it('sends again under the same id and a higher attempt when the outcome is unknown', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock();
    const transport = new MemoryTransport(({ attempt }) =>
      attempt < 3 ? { status: 'unknown', reason: 'cut' } : { status: 'confirmed' },
    );
    await using sender = startSender(place.home, { transport, clock });

    const receipt = await settle(clock, sender.send('k', 'text', { wait: 60_000 }));

    expect(receipt.delivered).toBe(true);
    expect(transport.attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(transport.attempts.map(({ message }) => message.messageId)).size).toBe(1);
  });

  it('lets nothing overtake a message of the same routing key that has failed', async () => {
    await using place = await createTemporaryHome();
    await using writer = startSender(place.home, {});
    for (const text of ['a1', 'a2', 'a3']) await writer.send('a', text);
    await writer.send('b', 'b1');
    const release: (() => void)[] = [];
    const transport = new MemoryTransport(async ({ message }) => {
      if (message.routingKey === 'b') return { status: 'confirmed' };
      await new Promise<void>((resolve) => release.push(resolve));
      return { status: 'rejected', reason: 'no route', permanent: false };
    });
    // A window of one message makes the second wait for the outcome of the first.
    await using sender = startSender(place.home, { transport });

    const flushed = sender.flush();
    await expect.poll(() => release.length).toBe(3);
    for (const go of release) go();

    expect(await flushed).toEqual({ delivered: 1, remaining: 3, reason: 'no route' });
    expect(await readState(sender)).toEqual(['a1', 'a2', 'a3']);
  });

  it('sends nothing more of a routing key in a pass in which it has failed', async () => {
    await using place = await createTemporaryHome();
    const texts = Array.from({ length: 50 }, (_, n) => String(n));
    const transport: MemoryTransport = new MemoryTransport(() =>
      transport.attempts.length === 1
        ? { status: 'unknown', reason: 'cut' }
        : { status: 'confirmed' },
    );
    await using sender = startSender(place.home, { transport });
    for (const text of texts) await sender.send('k', text);

    const { remaining } = await sender.flush();

    // A few were on the wire behind the first one before its outcome was known.
    expect(remaining).toBeGreaterThan(40);
    expect(await readState(sender)).toEqual(['0', ...texts.slice(texts.length - remaining + 1)]);
  });

  it('sets aside what is refused for good, and lets the rest pass', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport(({ message }) =>
      message.routingKey === 'poison'
        ? { status: 'rejected', reason: 'too large', permanent: true }
        : { status: 'confirmed' },
    );
    await using sender = startSender(place.home, { transport });

    const receipts = await Promise.all([
      sender.send('fine', '1', { wait: 5000 }),
      sender.send('poison', '2', { wait: 5000 }),
      sender.send('fine', '3', { wait: 5000 }),
    ]);

    expect(receipts.map(({ delivered }) => delivered)).toEqual([true, false, true]);
    expect(receipts[1]?.reason).toContain('too large');
    expect(await sender.outbox.summary()).toMatchObject({ queued: 0, quarantined: 1 });
    expect(await sender.outbox.list()).toMatchObject([
      { routingKey: 'poison', state: 'quarantined', reason: 'too large', attempts: 1 },
    ]);
  });

  it('shares one file among messages that are sent at once', async () => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, {});

    await Promise.all(Array.from({ length: 100 }, async (_, n) => sender.send('k', String(n))));

    expect((await fs.readdir(path.join(place.home.outbox, 'new'))).length).toBeLessThan(5);
    expect(await readState(sender)).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  });

  it('delivers a thousand concurrent messages each once and in order', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });
    const texts = Array.from({ length: 1000 }, (_, n) => String(n));

    const receipts = await Promise.all(
      texts.map(async (text) => sender.send('k', text, { wait: 30_000 })),
    );

    expect(receipts.every(({ delivered }) => delivered)).toBe(true);
    expect(transport.messages.map(({ body }) => Buffer.from(body).toString())).toEqual(texts);
    expect((await sender.outbox.summary()).queued).toBe(0);
  });

  it('builds the body, the routing key and the priority of a report', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    const clock = new ManualClock(Date.UTC(2030, 0, 2));
    await using sender = startSender(place.home, { transport, clock });

    await sender.report(
      { kind: 'log', level: 'warn', priority: 'low', message: 'm' },
      { wait: 10 },
    );
    await sender.report({ kind: 'node.shutdown', reason: 'idle', deallocate: true }, { wait: 10 });

    expect(transport.messages).toMatchObject([
      { routingKey: 'log.warn.low', type: 'log', priority: 'low' },
      { routingKey: 'node.shutdown', type: 'node.shutdown', priority: 'high' },
    ]);
    const [log] = transport.messages;
    expect(JSON.parse(Buffer.from(log?.body ?? []).toString())).toEqual({
      cluster: 'hpc1',
      node: 'execute-1',
      nodeId: 'id-1',
      hostname: 'ip-0A000005',
      ipv4: '10.0.0.5',
      time: '2030-01-02T00:00:00.000Z',
      level: 'warn',
      priority: 'low',
      message: 'm',
    });
  });

  it('accepts nothing after close, and close twice does nothing', async () => {
    await using place = await createTemporaryHome();
    const sender = startSender(place.home, {});

    await sender.close();
    await sender.close();

    await expect(sender.send('k', 'x')).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
    await expect(fs.readdir(place.home.outbox)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('answers a waiting caller when it is closed, and keeps the message', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport(async () => new Promise(() => undefined));
    const sender = startSender(place.home, { transport });
    const waiting = sender.send('k', 'x', { wait: 60_000 });
    await expect.poll(() => transport.attempts.length).toBe(1);

    await sender.close();

    expect(await waiting).toMatchObject({ delivered: false, reason: 'the sender was closed' });
    await using later = startSender(place.home, {});
    expect(await readState(later)).toEqual(['x']);
  });

  it('ends a wait with the signal and keeps the message', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport(async () => new Promise(() => undefined));
    await using sender = startSender(place.home, { transport });
    const control = new AbortController();
    const waiting = sender.send('k', 'x', { wait: 60_000, signal: control.signal });
    await expect.poll(() => transport.attempts.length).toBe(1);

    control.abort();

    expect(await waiting).toMatchObject({ delivered: false });
    expect((await sender.outbox.summary()).queued).toBe(1);
  });

  it.each([
    ['an empty routing key', '', {}],
    ['a routing key of more than 255 bytes', 'ä'.repeat(128), {}],
    ['a header that is no plain value', 'k', { headers: { a: Number.NaN } }],
    ['a header with no name', 'k', { headers: { '': 'x' } }],
    ['a type of more than 255 bytes', 'k', { type: 'x'.repeat(256) }],
  ])('refuses %s and queues nothing', async (_, routingKey, options) => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, {});

    await expect(sender.send(routingKey, 'x', options)).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_JETPACK_USAGE',
    });

    expect((await sender.outbox.summary()).queued).toBe(0);
  });
});
