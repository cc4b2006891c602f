import { TemporaryError } from '../../src/errors.js';
import { describeTransport, MemoryTransport } from '../../src/testing/index.js';
import { runner } from '../support/runner.js';

describeTransport('MemoryTransport', {
  runner,
  create: async () => {
    const transport = new MemoryTransport();
    return {
      transport,
      exchange: 'cyclecloud',
      arrived: async () =>
        transport.messages.map((message) => {
          const attempt = transport.attempts.find((one) => one.message === message)?.attempt;
          return { ...message, headers: { ...message.headers, attempt } };
        }),
      [Symbol.asyncDispose]: async () => transport.close(),
    };
  },
  createUnreachable: async () =>
    new MemoryTransport(() => {
      throw new TemporaryError(
        'ERR_JETPACK_UNREACHABLE',
        'cannot reach memory: it was asked not to be there',
      );
    }),
});
