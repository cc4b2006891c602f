import { describe, expect, it } from 'vitest';

import { TemporaryError } from '../../src/errors.js';
import type { Disk } from '../../src/internal/disk.js';
import { realDisk } from '../../src/internal/disk.js';
import { createTemporaryHome, MemoryTransport } from '../../src/testing/index.js';
import { readState, startSender } from '../support/sender.js';

/** A disk that keeps every new file waiting until it is let go. */
function slowDisk(): { disk: Disk; release: (error?: Error) => void } {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const gate = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  gate.catch(() => undefined); // whoever writes is told
  const disk: Disk = {
    ...realDisk,
    writeFile: async (file, chunks, mode) => {
      await gate;
      return realDisk.writeFile(file, chunks, mode);
    },
  };
  const release = (error?: Error): void => {
    if (error === undefined) settle?.resolve();
    else settle?.reject(error);
  };
  return { disk, release };
}

const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });

describe('a message that is sent while it is being written', () => {
  it('is delivered before the disk has answered, and leaves nothing behind', async () => {
    await using place = await createTemporaryHome();
    const { disk, release } = slowDisk();
    await using sender = startSender(place.home, { disk });

    const receipt = await sender.send('k', 'x', { wait: 5000 });
    release();

    expect(receipt.delivered).toBe(true);
    expect((await sender.outbox.summary()).queued).toBe(0);
  });

  it('does not overtake one of its routing key that is only queued', async () => {
    await using place = await createTemporaryHome();
    const { disk, release } = slowDisk();
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { disk, transport });

    const first = sender.send('k', '1');
    const second = sender.send('k', '2', { wait: 5000 });
    await sender.send('other', '3', { wait: 5000 });
    release();
    await Promise.all([first, second]);

    const bodies = transport.messages.map(({ body }) => Buffer.from(body).toString());
    expect(bodies).toEqual(['3', '1', '2']);
  });

  it('counts as delivered when it has arrived and cannot be written', async () => {
    await using place = await createTemporaryHome();
    const { disk, release } = slowDisk();
    const arrive: (() => void)[] = [];
    const transport = new MemoryTransport(async () => {
      await new Promise<void>((resolve) => arrive.push(resolve));
      return { status: 'confirmed' };
    });
    await using sender = startSender(place.home, { disk, transport });
    const sent = sender.send('k', 'x', { wait: 5000 });
    await expect.poll(() => arrive.length).toBe(1);

    release(full);
    for (const go of arrive) go();

    expect(await sent).toMatchObject({ delivered: true });
  });

  it('is refused when it neither arrives nor can be written', async () => {
    await using place = await createTemporaryHome();
    const { disk, release } = slowDisk();
    const transport = new MemoryTransport(() => {
      throw new TemporaryError('ERR_JETPACK_UNREACHABLE', 'cannot reach memory: gone');
    });
    await using sender = startSender(place.home, { disk, transport });

    const sent = sender.send('k', 'x', { wait: 5000 });
    release(full);

    await expect(sent).rejects.toMatchObject({ code: 'ERR_JETPACK_CANNOT_WRITE' });
    expect((await sender.outbox.summary()).queued).toBe(0);
  });

  it('is not told to be waiting before it is on the disk', async () => {
    await using place = await createTemporaryHome();
    const { disk, release } = slowDisk();
    const transport = new MemoryTransport(async () => new Promise(() => undefined));
    await using sender = startSender(place.home, { disk, transport });
    const control = new AbortController();
    let told = false;
    const sent = sender.send('k', 'x', { wait: 60_000, signal: control.signal }).finally(() => {
      told = true;
    });
    await expect.poll(() => transport.attempts.length).toBe(1);

    control.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(false);
    release();

    expect(await sent).toMatchObject({ delivered: false });
    expect(await readState(sender)).toEqual(['x']);
  });
});
