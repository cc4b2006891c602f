import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TemporaryError } from '../../src/errors.js';
import type { Sender } from '../../src/messaging/sender.js';
import { createTemporaryHome, MemoryTransport } from '../../src/testing/index.js';
import type { MemoryAnswer } from '../../src/testing/index.js';
import type { Priority } from '../../src/transport.js';
import { startSender } from '../support/sender.js';

type Step =
  | {
      readonly kind: 'send';
      readonly key: string;
      readonly priority: Priority;
      readonly count: number;
    }
  | { readonly kind: 'flush'; readonly seed: readonly number[] }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    key: fc.constantFrom('a', 'b', 'c'),
    priority: fc.constantFrom<Priority>('low', 'medium', 'high'),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    kind: fc.constant('flush' as const),
    seed: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

/** Answers by a list of numbers, over and over: what a network may do in any order. */
function answerBy(seed: readonly number[]): MemoryAnswer {
  let turn = 0;
  return () => {
    switch (seed[turn++ % seed.length]) {
      case 1:
        return { status: 'unknown', reason: 'cut' };
      case 2:
        return { status: 'rejected', reason: 'no route', permanent: false };
      case 3:
        return { status: 'rejected', reason: 'too large', permanent: true };
      case 4:
        throw new TemporaryError('ERR_JETPACK_UNREACHABLE', 'cannot reach memory: gone');
      default:
        return { status: 'confirmed' };
    }
  };
}

/** Sends some at once; the ids of those that were accepted. */
async function sendSome(
  sender: Sender,
  { key, priority, count }: Extract<Step, { kind: 'send' }>,
): Promise<string[]> {
  const results = await Promise.allSettled(
    Array.from({ length: count }, async () => sender.send(key, 'x', { priority })),
  );
  return results.flatMap((one) => (one.status === 'fulfilled' ? [one.value.messageId] : []));
}

describe('the outbox, whatever happens to it,', () => {
  it('accounts for every accepted message: delivered, queued, set aside or shed', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(steps, async (all) => {
      await using place = await createTemporaryHome();
      const arrived: string[] = [];
      const accepted: string[] = [];
      const open = (): { sender: Sender; transport: MemoryTransport } => {
        const transport = new MemoryTransport();
        return {
          transport,
          sender: startSender(place.home, { transport, bounds: { messages: 8 } }),
        };
      };
      let { sender, transport } = open();
      const collect = (): void => {
        // What the outbox says of itself is no accepted message of the test.
        const own = transport.messages.filter(({ type }) => type === 'send');
        arrived.push(...own.map(({ messageId }) => messageId));
        transport.messages.length = 0;
      };

      for (const one of all) {
        if (one.kind === 'send') accepted.push(...(await sendSome(sender, one)));
        if (one.kind === 'flush') {
          transport.answer = answerBy(one.seed);
          await sender.flush();
        }
        if (one.kind === 'restart') {
          collect();
          await sender.close();
          ({ sender, transport } = open());
        }
      }
      collect();

      const entries = (await sender.outbox.list()).filter(({ type }) => type === 'send');
      const { shed } = await sender.outbox.summary();
      const present = [...arrived, ...entries.map(({ messageId }) => messageId)];
      await sender.close();
      expect(new Set(present).size).toBe(present.length);
      expect(present.filter((messageId) => !accepted.includes(messageId))).toEqual([]);
      expect(present.length + shed).toBe(accepted.length);
    });

    await fc.assert(property, { numRuns: 60 });
  }, 60_000);

  it('tries the messages of a routing key in the order they were accepted, in every pass', async () => {
    const seeds = fc.array(fc.constantFrom(0, 0, 1, 2, 4), { minLength: 1, maxLength: 10 });
    const property = fc.asyncProperty(
      seeds,
      fc.integer({ min: 1, max: 12 }),
      async (seed, count) => {
        await using place = await createTemporaryHome();
        const transport = new MemoryTransport();
        await using sender = startSender(place.home, { transport });
        const ids: string[] = [];
        for (let n = 0; n < count; n++) ids.push((await sender.send('k', String(n))).messageId);

        for (const answer of [answerBy(seed), answerBy(seed), answerBy([0])]) {
          transport.answer = answer;
          transport.attempts.length = 0;
          await sender.flush();
          const tried = transport.attempts.map(({ message }) => ids.indexOf(message.messageId));
          expect(tried).toEqual(tried.toSorted((one, other) => one - other));
        }

        expect(new Set(transport.messages.map(({ messageId }) => messageId))).toEqual(new Set(ids));
        expect(transport.messages).toHaveLength(ids.length);
      },
    );

    await fc.assert(property, { numRuns: 30 });
  }, 60_000);
});
