import fs from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { FileSource, FileTransport, Receiver } from '../../src/index.js';
import type { FileSourceOptions, ReceivedMessage, ReceiverOptions } from '../../src/index.js';
import { createTemporaryHome, ManualClock } from '../../src/testing/index.js';
import { makeMessage } from '../support/message.js';

interface World extends AsyncDisposable {
  readonly file: string;
  readonly transport: FileTransport;
  readonly messages: ReceivedMessage[];
  readonly errors: Error[];
  say(routingKey: string): Promise<void>;
  start(source?: Partial<FileSourceOptions>, options?: Partial<ReceiverOptions>): Promise<void>;
  /** The routing keys of what was received. */
  readonly keys: () => string[];
}

async function createWorld(): Promise<World> {
  const place = await createTemporaryHome();
  const file = place.home.messagesFile;
  const transport = new FileTransport({ file });
  const messages: ReceivedMessage[] = [];
  const errors: Error[] = [];
  let receiver: Receiver | undefined;
  return {
    file,
    transport,
    messages,
    errors,
    say: async (routingKey) => {
      await transport.send(makeMessage({ routingKey }));
    },
    start: async (source = {}, options = {}) => {
      receiver = new Receiver({
        source: new FileSource({ file, interval: 1, ...source }),
        onMessage: (message) => messages.push(message),
        onError: (error) => errors.push(error),
        random: () => 0,
        ...options,
      });
      await receiver.start();
    },
    keys: () => messages.map(({ routingKey }) => routingKey),
    [Symbol.asyncDispose]: async () => {
      await receiver?.close();
      await transport.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

describe('FileSource', () => {
  it('gives what was sent, as it was sent', async () => {
    await using world = await createWorld();
    await world.start();
    const sent = [
      makeMessage({ contentType: 'application/json', body: Buffer.from('{"a":"ä"}'), type: 'log' }),
      makeMessage({ contentType: 'application/json', body: Buffer.from('"text"') }),
      makeMessage({ contentType: 'application/json', body: Buffer.from('{broken') }),
      makeMessage({ contentType: 'text/plain', body: Buffer.from('line\nbreak') }),
      makeMessage({ contentType: 'application/octet-stream', body: Buffer.from([0, 255]) }),
    ];

    for (const message of sent) await world.transport.send(message);

    await expect.poll(() => world.messages).toHaveLength(sent.length);
    for (const [index, { priority: _, headers, body, ...facts }] of sent.entries()) {
      expect(world.messages[index]).toEqual({
        ...facts,
        headers: { ...headers, attempt: 1 },
        body: Buffer.from(body),
        json: expect.any(Function),
      });
    }
  });

  it('begins now, or at the beginning', async () => {
    await using late = await createWorld();
    await using early = await createWorld();
    for (const world of [late, early]) await world.say('before');

    await late.start();
    await early.start({ from: 'beginning' });
    for (const world of [late, early]) await world.say('after');

    await expect.poll(late.keys).toEqual(['after']);
    await expect.poll(early.keys).toEqual(['before', 'after']);
  });

  it('gives what its patterns match, of the exchange it was told', async () => {
    await using world = await createWorld();
    await world.start({ exchange: 'cyclecloud' }, { patterns: ['log.#', 'last'] });

    await world.say('log.info.low');
    await world.say('node.status');
    await world.transport.send(makeMessage({ routingKey: 'log.x', exchange: 'other' }));
    await world.say('last');

    await expect.poll(world.keys).toEqual(['log.info.low', 'last']);
  });

  it('waits for the end of a line, and leaves out one that is none', async () => {
    await using world = await createWorld();
    await world.start();
    await world.say('first');
    await expect.poll(world.keys).toEqual(['first']);

    await fs.appendFile(world.file, '{"messageId":"cut of');
    await world.say('last');

    await expect.poll(world.keys).toEqual(['first', 'last']);
    expect(world.errors).toMatchObject([{ code: 'ERR_JETPACK_DAMAGED' }]);
  });

  it('follows the file when it is moved away, and reads the old one to its end', async () => {
    await using world = await createWorld();
    await world.start({ clock: { sleep: async () => new Promise(setImmediate) } });

    for (let turn = 0; turn < 20; turn++) {
      await world.say(`old.${turn}`);
      await fs.rename(world.file, `${world.file}.${turn}`);
      await world.say(`new.${turn}`);
      await expect.poll(world.keys, { interval: 1 }).toContain(`new.${turn}`);
    }

    expect(world.keys()).toEqual(
      Array.from({ length: 20 }, (_, turn) => [`old.${turn}`, `new.${turn}`]).flat(),
    );
  });

  it('begins anew when the file is emptied', async () => {
    await using world = await createWorld();
    await world.start();
    await world.say('a.long.routing.key');
    await expect.poll(world.keys).toHaveLength(1);

    await fs.truncate(world.file);
    await world.say('b');

    await expect.poll(world.keys).toEqual(['a.long.routing.key', 'b']);
  });

  it('hands out no more at once than was asked for', async () => {
    await using world = await createWorld();
    let running = 0;
    let most = 0;
    for (let index = 0; index < 20; index++) await world.say('x');

    await world.start(
      { from: 'beginning' },
      {
        prefetch: 3,
        onMessage: async (message) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          world.messages.push(message);
        },
      },
    );

    await expect.poll(() => world.messages).toHaveLength(20);
    expect(most).toBe(3);
  });

  it('gives a message again whose handler rejects', async () => {
    await using world = await createWorld();
    let calls = 0;
    await world.start(
      {},
      {
        onMessage: (message) => {
          if (++calls < 3) throw new Error('no');
          world.messages.push(message);
        },
      },
    );

    await world.say('x');

    await expect.poll(world.keys).toEqual(['x']);
    expect(calls).toBe(3);
  });

  it('looks at the file once an interval', async () => {
    await using world = await createWorld();
    const clock = new ManualClock();
    await world.start({ clock, interval: 500 });
    await expect.poll(() => clock.sleeping).toBe(1);

    await world.say('x');
    await clock.advance(499);
    const early = world.keys();
    await clock.advance(1);

    expect(early).toEqual([]);
    await expect.poll(world.keys).toEqual(['x']);
  });
});
