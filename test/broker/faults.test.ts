import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTemporaryHome } from '../../src/testing/index.js';
import { AmqpTransport } from '../../src/transports/amqp.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import { messageCount, runFault } from '../support/fault-run.js';
import type { Fault } from '../support/fault-run.js';
import { brokerFaults, networkFaults, routingFaults } from '../support/faults.js';
import { startRabbitMq } from '../support/rabbitmq.js';
import type { RabbitMq } from '../support/rabbitmq.js';
import { createSenderClient } from '../support/sender-client.js';

const rows: string[] = [];
let rabbit: RabbitMq;
let proxy: FaultProxy;

beforeAll(async () => {
  rabbit = await startRabbitMq();
  proxy = await startFaultProxy(rabbit.port);
}, 60_000);

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await rabbit.stop();
  const head = ['fault', 'accepted', 'arrived', 'duplicates', 'hung', 'troubled', 'seconds'].join(
    ' | ',
  );
  process.stdout.write(`\n| ${head} |\n|---|---|---|---|---|---|---|\n${rows.join('')}\n`);
});

describe('what is sent through a fault', () => {
  it.each([...networkFaults, ...routingFaults, ...brokerFaults])(
    'arrives, and nothing of it is lost or hangs: $name',
    async (fault: Fault) => {
      await using place = await createTemporaryHome();
      const { timeout = 5000, wait = 5000 } = fault;
      await using transport = new AmqpTransport({
        urls: [`amqp://guest:guest@127.0.0.1:${proxy.port}/`],
        connectTimeout: timeout,
        confirmTimeout: timeout,
      });
      await using client = createSenderClient(place.home, { transport, wait });

      const report = await runFault(fault, {
        rabbit,
        proxy,
        bound: wait + 5000,
        createClient: async (exchange) => client.use(exchange),
      });

      const { queued, quarantined, shed } = await client.summary();
      const { said, arrived, hung, duplicates, seconds } = report;
      const cells = [fault.name, said.size, arrived.size, duplicates, hung, client.troubles.length];
      rows.push(`| ${[...cells, seconds.toFixed(1)].join(' | ')} |\n`);
      const refused = [...said].filter(([, outcome]) => outcome === 'failed');
      expect({ hung, refused, accepted: said.size }).toEqual({
        hung: 0,
        refused: [],
        accepted: messageCount,
      });
      expect(arrived.size + queued + quarantined + shed).toBe(said.size);
      expect(client.missing(arrived)).toEqual([]);
      expect(arrived.size).toBe(messageCount);
      expect(client.troubles.length > 0).toBe(fault.isHarmless !== true);
    },
    60_000,
  );
});
