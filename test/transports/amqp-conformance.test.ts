import { inject } from 'vitest';

import { describeTransport } from '../../src/testing/index.js';
import { AmqpTransport } from '../../src/transports/amqp.js';
import { startConsumer } from '../support/broker.js';
import { runner } from '../support/runner.js';
import { startSilentServer } from '../support/silent-server.js';

const url = inject('brokerUrl');

describeTransport('AmqpTransport over a bad line', {
  runner,
  create: async () => {
    const consumer = await startConsumer(url);
    const line = await startSilentServer({ forwardTo: url });
    const transport = new AmqpTransport({ urls: [line.url], confirmTimeout: 300 });
    return {
      transport,
      line,
      exchange: consumer.exchange,
      arrived: async () => consumer.arrived,
      [Symbol.asyncDispose]: async () => {
        await transport.close();
        await line[Symbol.asyncDispose]();
        await consumer[Symbol.asyncDispose]();
      },
    };
  },
  faults: {
    silent: async ({ line }) => {
      line.mute();
      return async () => {
        line.unmute();
      };
    },
    cut: async ({ line }) => {
      line.cut();
    },
    unacceptable: { routingKey: 'x'.repeat(256) },
  },
});
