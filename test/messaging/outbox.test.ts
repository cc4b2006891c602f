import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Home } from '../../src/home.js';
import type { Disk } from '../../src/internal/disk.js';
import { realDisk } from '../../src/internal/disk.js';
import { createTemporaryHome, ManualClock, MemoryTransport } from '../../src/testing/index.js';
import { readState, startSender } from '../support/sender.js';

async function filesIn(home: Home, folder: string): Promise<string[]> {
  return fs.readdir(path.join(home.outbox, folder)).catch(() => []);
}

describe('Outbox', () => {
  it('is empty where nothing was ever sent, and makes no folder to say so', async () => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, {});

    expect(await sender.outbox.summary()).toEqual({ queued: 0, bytes: 0, quarantined: 0, shed: 0 });
    expect(await sender.outbox.list()).toEqual([]);
    expect(await sender.outbox.show('constructor')).toBeUndefined();
    expect(await sender.outbox.drop('__proto__')).toBe(false);
    await expect(fs.readdir(place.home.outbox)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says from the names alone what waits, how much, and since when', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock(Date.UTC(2030, 5, 1));
    await using sender = startSender(place.home, { clock });
    await sender.send('k', 'one');
    await clock.advance(5000);
    await sender.send('k', 'two');

    const summary = await sender.outbox.summary();

    const sizes = (await filesIn(place.home, 'new')).map(async (name) =>
      fs.stat(path.join(place.home.outbox, 'new', name)),
    );
    const bytes = (await Promise.all(sizes)).reduce((all, { size }) => all + size, 0);
    expect(summary).toEqual({
      queued: 2,
      bytes,
      oldest: Date.UTC(2030, 5, 1),
      quarantined: 0,
      shed: 0,
    });
  });

  it('shows one message whole', async () => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, {});
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    const { messageId } = await sender.send('k', bytes, { headers: { a: 1 }, priority: 'high' });

    const shown = await sender.outbox.show(messageId);

    expect(shown).toMatchObject({
      messageId,
      priority: 'high',
      headers: { cluster: 'hpc1', node: 'execute-1', a: 1 },
      size: 256,
      state: 'queued',
      attempts: 0,
    });
    expect(Buffer.from(shown?.body ?? [])).toEqual(Buffer.from(bytes));
  });

  it('drops one message of a file and keeps the others in order', async () => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, {});
    const receipts = await Promise.all(['a', 'b', 'c'].map(async (text) => sender.send('k', text)));

    const dropped = await sender.outbox.drop(receipts[1]?.messageId ?? '');

    expect(dropped).toBe(true);
    expect(await readState(sender)).toEqual(['a', 'c']);
  });

  it('queues again what was set aside', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport(() => ({
      status: 'rejected',
      reason: 'too large',
      permanent: true,
    }));
    await using sender = startSender(place.home, { transport });
    const { messageId } = await sender.send('k', 'x', { wait: 1000 });

    const isQueued = await sender.outbox.retry(messageId);
    transport.answer = () => ({ status: 'confirmed' });
    await sender.flush();

    expect(isQueued).toBe(true);
    expect(transport.messages.map((message) => message.messageId)).toEqual([messageId]);
    expect(await sender.outbox.summary()).toMatchObject({ queued: 0, quarantined: 0 });
  });

  it('puts a torn file aside, keeps what can be read of it, and lets the rest flow on', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    const errors: unknown[] = [];
    await using sender = startSender(place.home, { transport, onError: (e) => errors.push(e) });
    await Promise.all(['a', 'b', 'c'].map(async (text) => sender.send('k', text)));
    await sender.send('k', 'd');
    const [first = ''] = (await filesIn(place.home, 'new')).toSorted();
    const file = path.join(place.home.outbox, 'new', first);
    const { size } = await fs.stat(file);
    await fs.truncate(file, size - 3);

    await sender.flush();

    const texts = transport.messages.map(({ body }) => Buffer.from(body).toString());
    expect(texts.toSorted()).toEqual(['a', 'b', 'd']);
    expect(await sender.outbox.summary()).toMatchObject({ queued: 0, quarantined: 1 });
    expect(errors).toMatchObject([{ code: 'ERR_JETPACK_DAMAGED', path: file }]);
    expect((await sender.outbox.verify()).damaged).toHaveLength(1);
  });

  it('puts a foreign file aside without reading it', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });
    await sender.send('k', 'a');
    await fs.writeFile(path.join(place.home.outbox, 'new', 'notes.txt'), 'hello');

    await sender.flush();

    expect(transport.messages).toHaveLength(1);
    expect(await filesIn(place.home, 'bad')).toEqual(['notes.txt']);
    expect(await sender.outbox.summary()).toMatchObject({ queued: 0, quarantined: 1 });
  });

  it('removes what a dead writer has left, and nothing of a living one', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock();
    await using sender = startSender(place.home, { clock });
    await sender.send('k', 'a');
    const name = (pid: number): string => `${clock.now()}-${pid}-abcdef-000000001.0-1-0.100.msg`;
    const living = name(process.pid);
    for (const pid of [process.pid, 99_999_999]) {
      await fs.writeFile(path.join(place.home.outbox, 'tmp', name(pid)), 'half');
    }
    await clock.advance(120_000);

    await sender.flush();

    expect(await filesIn(place.home, 'tmp')).toEqual([living]);
  });

  it('counts and sends a batch once when a crash has left it there twice', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });
    const receipts = await Promise.all(['a', 'b', 'c'].map(async (text) => sender.send('k', text)));
    const [name = ''] = await filesIn(place.home, 'new');
    const file = path.join(place.home.outbox, 'new', name);
    const before = await fs.readFile(file);
    await sender.outbox.drop(receipts[0]?.messageId ?? '');
    await fs.writeFile(file, before);

    const summary = await sender.outbox.summary();
    await sender.flush();

    expect(summary.queued).toBe(2);
    expect(transport.messages.map(({ body }) => Buffer.from(body).toString())).toEqual(['b', 'c']);
    expect(await filesIn(place.home, 'new')).toEqual([]);
  });

  it('keeps the order of a process whose clock steps back', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock();
    await using sender = startSender(place.home, { clock });
    await sender.send('k', '1');
    clock.jump(-60_000);
    await sender.send('k', '2');

    expect(await readState(sender)).toEqual(['1', '2']);
  });
});

describe('a full outbox', () => {
  it('sheds the oldest of low priority, counts it, and says so to the server', async () => {
    await using place = await createTemporaryHome();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport, bounds: { messages: 3 } });
    await sender.send('k', 'low 1', { priority: 'low' });
    await sender.send('k', 'medium', { priority: 'medium' });
    await sender.send('k', 'low 2', { priority: 'low' });

    await sender.send('k', 'high', { priority: 'high' });

    expect(await readState(sender)).toEqual(['medium', 'low 2', 'high']);
    expect(await sender.outbox.summary()).toMatchObject({ queued: 3, shed: 1 });
    expect(await sender.flush()).toEqual({ delivered: 4, remaining: 0 });
    expect(transport.messages.at(-1)).toMatchObject({ routingKey: 'log.warn.medium' });
    await sender.send('k', 'x', { wait: 1000 });
    const reports = transport.messages.filter(({ type }) => type === 'log');
    expect(reports).toHaveLength(1);
  });

  it('refuses a message when nothing may be shed, and takes what fits of a burst', async () => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, { bounds: { messages: 3 } });

    const results = await Promise.allSettled(
      ['1', '2', '3', '4', '5'].map(async (text) => sender.send('k', text)),
    );

    expect(await readState(sender)).toEqual(['1', '2', '3']);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({
      reason: { name: 'TemporaryError', code: 'ERR_JETPACK_OUTBOX_FULL' },
    });
    expect(await filesIn(place.home, 'tmp')).toEqual([]);
  });

  it('sheds nothing when that would not make room', async () => {
    await using place = await createTemporaryHome();
    await using sender = startSender(place.home, { bounds: { bytes: 3000 } });
    await sender.send('k', 'x'.repeat(2000));
    await sender.send('k', 'low', { priority: 'low' });

    await expect(sender.send('k', 'x'.repeat(2000))).rejects.toMatchObject({
      code: 'ERR_JETPACK_OUTBOX_FULL',
    });

    expect(await sender.outbox.summary()).toMatchObject({ queued: 2, shed: 0 });
  });

  it('gives up what could not be delivered for too long, and only then', async () => {
    await using place = await createTemporaryHome();
    const clock = new ManualClock();
    const transport = new MemoryTransport(() => ({ status: 'unknown', reason: 'cut' }));
    await using sender = startSender(place.home, { transport, clock, bounds: { age: 60_000 } });
    await sender.send('old', 'old', { priority: 'high' });
    await clock.advance(61_000);
    await sender.send('new', 'new');

    await sender.flush();

    expect(transport.attempts).toHaveLength(2);
    expect(await readState(sender)).toEqual(['new']);
    expect(await sender.outbox.summary()).toMatchObject({ queued: 1, shed: 1 });
  });

  it('finishes a shedding that a crash has interrupted, and counts it once', async () => {
    await using place = await createTemporaryHome();
    let isBroken = true;
    const disk: Disk = {
      ...realDisk,
      remove: async (file) => {
        if (isBroken && path.basename(path.dirname(file)) === 'new') throw new Error('power cut');
        return realDisk.remove(file);
      },
    };
    await using broken = startSender(place.home, { disk, bounds: { messages: 1 } });
    await broken.send('k', 'low', { priority: 'low' });
    await expect(broken.send('k', 'next')).rejects.toThrow('power cut');
    isBroken = false;

    await using sender = startSender(place.home, { bounds: { messages: 1 } });
    await sender.send('k', 'next');

    expect(await readState(sender)).toEqual(['next']);
    expect(await sender.outbox.summary()).toMatchObject({ queued: 1, shed: 1 });
  });

  it.each([
    ['messages', 0],
    ['bytes', -1],
    ['age', Number.NaN],
  ])('refuses the bound %s of %s', async (name, value) => {
    await using place = await createTemporaryHome();

    expect(() => startSender(place.home, { bounds: { [name]: value } })).toThrow(
      expect.objectContaining({ code: 'ERR_JETPACK_USAGE' }),
    );
  });
});

describe('an outbox that cannot be written', () => {
  it('refuses the message with the reason and leaves nothing half-written', async () => {
    await using place = await createTemporaryHome();
    const disk: Disk = {
      ...realDisk,
      syncFolder: async () => Promise.reject(Object.assign(new Error('io'), { code: 'EIO' })),
    };
    await using sender = startSender(place.home, { disk });

    await expect(sender.send('k', 'x')).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_CANNOT_WRITE',
    });

    expect(await filesIn(place.home, 'tmp')).toEqual([]);
    expect(await filesIn(place.home, 'new')).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'refuses messages on a full disk, keeps what it has, and takes more when there is room',
    async () => {
      await using place = await createTemporaryHome();
      const mount = place.home.root;
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mount]).status).toBe(0);
      try {
        await using sender = startSender(place.home, {});
        await sender.send('k', 'kept');
        await fs.writeFile(path.join(mount, 'ballast'), Buffer.alloc(150_000));

        await expect(sender.send('k', 'x'.repeat(150_000))).rejects.toMatchObject({
          code: 'ERR_JETPACK_CANNOT_WRITE',
          message: expect.stringContaining('no space left'),
        });

        expect(await readState(sender)).toEqual(['kept']);
        expect(await filesIn(place.home, 'tmp')).toEqual([]);
        await fs.rm(path.join(mount, 'ballast'));
        await sender.send('k', 'more');
        expect(await readState(sender)).toEqual(['kept', 'more']);
      } finally {
        spawnSync('umount', [mount]);
      }
    },
  );
});
