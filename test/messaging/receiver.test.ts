import { EventEmitter, once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { JetpackError, Receiver, TemporaryError } from '../../src/index.js';
import type { ReceivedMessage, ReceiverOptions } from '../../src/index.js';
import { ManualClock } from '../../src/testing/index.js';
import { MemorySource } from '../support/memory-source.js';

interface World extends AsyncDisposable {
  readonly source: MemorySource;
  readonly receiver: Receiver;
  readonly clock: ManualClock;
  readonly errors: Error[];
  readonly ids: string[];
}

/** A receiver over a queue in memory, on a clock that stands. */
function createWorld(options: Partial<ReceiverOptions> = {}): World {
  const source = new MemorySource();
  const clock = new ManualClock();
  const errors: Error[] = [];
  const ids: string[] = [];
  const receiver = new Receiver({
    source,
    clock,
    random: () => 1,
    onMessage: ({ messageId }) => ids.push(messageId),
    onError: (error) => errors.push(error),
    ...options,
  });
  const dispose = async (): Promise<void> => receiver.close();
  return { source, receiver, clock, errors, ids, [Symbol.asyncDispose]: dispose };
}

/** Lets everything run that does not wait for time. */
async function settle(clock: ManualClock): Promise<void> {
  await clock.advance(0);
}

describe('Receiver', () => {
  it('asks for all messages, one at a time, unless told otherwise', async () => {
    await using plain = createWorld();
    await using special = createWorld({ patterns: ['log.#', 'node.*'], queue: 'q', prefetch: 7 });

    await plain.receiver.start();
    await special.receiver.start();

    expect(plain.source.options).toMatchObject({ patterns: ['#'], prefetch: 1 });
    expect(plain.source.options).not.toHaveProperty('queue');
    expect(special.source.options).toMatchObject({
      patterns: ['log.#', 'node.*'],
      queue: 'q',
      prefetch: 7,
    });
  });

  it('acknowledges when the handler has resolved, and not before', async () => {
    const finishing = new EventEmitter();
    await using world = createWorld({ onMessage: async () => once(finishing, 'finish') });
    const { source, receiver, clock } = world;
    await receiver.start();

    source.deliver('a');
    await settle(clock);
    const before = [...source.settled];
    finishing.emit('finish');
    await settle(clock);

    expect(before).toEqual([]);
    expect(source.settled).toEqual(['a: done']);
  });

  it('drops a second copy of what it has handled', async () => {
    await using world = createWorld();
    const { source, receiver, clock, ids } = world;
    await receiver.start();

    for (const id of ['a', 'b', 'a']) {
      source.deliver(id);
      await settle(clock);
    }

    expect(ids).toEqual(['a', 'b']);
    expect(source.settled).toEqual(['a: done', 'b: done', 'a: done']);
    expect(receiver.duplicates).toBe(1);
  });

  it('decides about a copy by what became of the first, while that is being handled', async () => {
    const outcomes = [false, true];
    await using world = createWorld({
      attempts: 1,
      onMessage: async ({ messageId }) => {
        world.ids.push(messageId);
        if (outcomes.shift() === false) throw new Error('no');
      },
    });
    const { source, receiver, clock, ids } = world;
    await receiver.start();

    source.deliver('a');
    source.deliver('a');
    source.deliver('a');
    await settle(clock);

    expect(ids).toEqual(['a', 'a']);
    expect(source.settled).toEqual(['a: given up', 'a: done', 'a: done']);
  });

  it('remembers as many ids as it was told, and forgets the oldest', async () => {
    await using world = createWorld({ remember: 2 });
    const { source, receiver, clock, ids } = world;
    await receiver.start();

    for (const id of ['a', 'b', 'c', 'c', 'a']) {
      source.deliver(id);
      await settle(clock);
    }

    expect(ids).toEqual(['a', 'b', 'c', 'a']);
  });

  it('takes messages without an id as they come', async () => {
    await using world = createWorld();
    const { source, receiver, clock, ids } = world;
    await receiver.start();

    source.deliver('');
    source.deliver('');
    await settle(clock);

    expect(ids).toEqual(['', '']);
  });

  it('asks for a message again after a pause, and gives it up after its attempts', async () => {
    await using world = createWorld({
      onMessage: async () => {
        throw new Error('no room in the table');
      },
    });
    const { source, receiver, clock, errors } = world;
    await receiver.start();

    for (const pause of [100, 200, 0]) {
      source.deliver('a');
      await settle(clock);
      const { length } = source.settled;
      await clock.advance(pause - 1);
      expect(source.settled).toHaveLength(length); // not before the pause is over
      await clock.advance(1);
    }

    expect(source.settled).toEqual(['a: again', 'a: again', 'a: given up']);
    expect(errors).toMatchObject([
      {
        code: 'ERR_JETPACK_BUG',
        message: 'gave up on message a (test.key) after 3 attempts: no room in the table',
      },
    ]);
  });

  it('tries a message without id twice, by the word of the broker', async () => {
    await using world = createWorld({
      onMessage: () => {
        throw new Error('no');
      },
    });
    const { source, receiver, clock, errors } = world;
    await receiver.start();

    source.deliver('');
    await settle(clock);
    await clock.advance(100);
    source.deliver('', { isRepeated: true });
    await settle(clock);

    expect(source.settled).toEqual([': again', ': given up']);
    expect(errors).toHaveLength(1);
  });

  it('reads a body as JSON, and shows nothing of one that is none', async () => {
    const read: unknown[] = [];
    await using world = createWorld({
      attempts: 1,
      onMessage: (message: ReceivedMessage) => read.push(message.json()),
    });
    const { source, receiver, clock, errors } = world;
    await receiver.start();

    source.deliver('a', { body: '{"x":[1]}' });
    source.deliver('b', { body: 'secret-word' });
    await settle(clock);

    expect(read).toEqual([{ x: [1] }]);
    expect(errors).toMatchObject([{ code: 'ERR_JETPACK_DAMAGED' }]);
    expect(String(errors[0])).not.toContain('secret-word');
  });

  it('subscribes again when the connection was lost, after pauses that grow, with full jitter', async () => {
    await using world = createWorld({ random: () => 0.5 });
    const { source, receiver, clock, errors } = world;
    await receiver.start();
    source.failures.push(new TemporaryError('ERR_JETPACK_UNREACHABLE', 'refused'));

    source.lose('cut');
    await settle(clock);
    await clock.advance(49);
    const early = source.subscriptions;
    await clock.advance(1);
    const second = source.subscriptions;
    await clock.advance(99);
    const between = source.subscriptions;
    await clock.advance(1);

    expect([early, second, between, source.subscriptions]).toEqual([1, 2, 2, 3]);
    expect(errors.map(({ message }) => message)).toEqual(['cut', 'refused']);
  });

  it('still knows the copies of what came before the cut', async () => {
    await using world = createWorld();
    const { source, receiver, clock, ids } = world;
    await receiver.start();
    source.deliver('a');

    source.lose('cut');
    await settle(clock);
    await clock.advance(100);
    source.deliver('a');
    await settle(clock);

    expect(source.subscriptions).toBe(2);
    expect(ids).toEqual(['a']);
  });

  it('goes on trying to start while nobody answers', async () => {
    await using world = createWorld();
    const { source, receiver, clock, errors } = world;
    source.failures.push(new TemporaryError('ERR_JETPACK_UNREACHABLE', 'refused'));

    const started = receiver.start();
    await settle(clock);
    await clock.advance(100);
    await started;

    expect(errors).toHaveLength(1);
  });

  it('does not start where only a person can help', async () => {
    await using world = createWorld();
    const { source, receiver } = world;
    source.failures.push(new JetpackError('ERR_JETPACK_PERMISSION', 'refused'));

    await expect(receiver.start()).rejects.toMatchObject({ code: 'ERR_JETPACK_PERMISSION' });
    expect(source.subscriptions).toBe(1);
  });

  it('waits for its handlers when it closes, and leaves what they have not finished', async () => {
    const signals: AbortSignal[] = [];
    await using world = createWorld({
      closeTimeout: 1000,
      onMessage: async (_message, signal) => {
        signals.push(signal);
        await new Promise(() => undefined);
      },
    });
    const { source, receiver, clock } = world;
    await receiver.start();
    source.deliver('a');

    const closing = receiver.close();
    await settle(clock);
    await clock.advance(1000);
    await closing;
    source.deliver('b');

    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(source.settled).toEqual([]);
  });

  it('does not count against a message that closing ended its handler', async () => {
    await using world = createWorld({
      attempts: 1,
      onMessage: async (_message, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('interrupted'));
          });
        }),
    });
    const { source, receiver, errors } = world;
    await receiver.start();
    source.deliver('a');

    await receiver.close();

    expect(source.settled).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('closes by its signal; then it does not start', async () => {
    const control = new AbortController();
    await using world = createWorld({ signal: control.signal });
    const { source, receiver, clock } = world;
    await receiver.start();

    control.abort();
    await settle(clock);
    source.lose('later');
    await clock.advance(60_000);

    expect(source.subscriptions).toBe(1);
    await expect(receiver.start()).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
  });

  it('ends a start that is under way when it closes', async () => {
    await using world = createWorld();
    const { source, receiver, clock } = world;
    source.failures.push(new TemporaryError('ERR_JETPACK_UNREACHABLE', 'refused'));
    const started = receiver.start();
    started.catch(() => undefined); // looked at below
    await settle(clock);

    await receiver.close();

    await expect(started).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
  });

  it.each([
    [{ prefetch: 0 }, 'prefetch must be a whole number from 1 on, got 0'],
    [{ attempts: 1.5 }, 'attempts must be a whole number from 1 on, got 1.5'],
    [{ remember: -1 }, 'remember must be a whole number from 0 on, got -1'],
    [{ patterns: [] }, 'patterns is empty'],
  ])('refuses %j', (options, reason) => {
    expect(() => createWorld(options)).toThrow(reason);
  });
});
