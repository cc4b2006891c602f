import { setTimeout as delay } from 'node:timers/promises';

import { TemporaryError } from '../../src/errors.js';
import { describeTransport, MemoryTransport } from '../../src/testing/index.js';
import type { EndFault, MemoryAnswer, MemoryAttempt } from '../../src/testing/index.js';
import type { Outcome } from '../../src/transport.js';
import { runner } from '../support/runner.js';

/** Answers so until the fault ends. */
function answering(answer: MemoryAnswer) {
  return async ({ transport }: { readonly transport: MemoryTransport }): Promise<EndFault> => {
    const before = transport.answer;
    transport.answer = answer;
    return async () => {
      transport.answer = before;
    };
  };
}

const unreachable: MemoryAnswer = () => {
  throw new TemporaryError(
    'ERR_JETPACK_UNREACHABLE',
    'cannot reach memory: it was asked to be gone',
  );
};

/** Another side that takes a moment: what is under way in a cut is lost, and one routing key is poison. */
function createLine(): { readonly answer: MemoryAnswer; cuts: number } {
  const line = {
    cuts: 0,
    answer: async ({ message }: MemoryAttempt): Promise<Outcome> => {
      const before = line.cuts;
      await delay(1);
      if (line.cuts > before) return { status: 'unknown', reason: 'cut' };
      if (message.routingKey !== 'poison') return { status: 'confirmed' };
      return { status: 'rejected', reason: 'poison', permanent: true };
    },
  };
  return line;
}

describeTransport('MemoryTransport', {
  runner,
  create: async () => {
    const line = createLine();
    const transport = new MemoryTransport(line.answer);
    return {
      transport,
      line,
      exchange: 'cyclecloud',
      arrived: async () =>
        transport.messages.map((message) => {
          const attempt = transport.attempts.find((one) => one.message === message)?.attempt;
          return { ...message, headers: { ...message.headers, attempt } };
        }),
      [Symbol.asyncDispose]: async () => transport.close(),
    };
  },
  createUnreachable: async () => new MemoryTransport(unreachable),
  faults: {
    unreachable: answering(unreachable),
    silent: answering(async () => delay(20, { status: 'unknown', reason: 'no answer' })),
    refusing: answering(() => ({ status: 'rejected', reason: 'no route', permanent: false })),
    cut: async ({ line }) => {
      line.cuts++;
    },
    unacceptable: { routingKey: 'poison' },
  },
});
