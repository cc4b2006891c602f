import fs from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTemporaryHome } from '../../src/testing/index.js';
import { AmqpTransport } from '../../src/transports/amqp.js';
import type { AmqpTransportOptions } from '../../src/transports/amqp.js';
import { createCertificates } from '../support/certificates.js';
import type { Certificates } from '../support/certificates.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import { messageCount, runFault } from '../support/fault-run.js';
import type { Fault } from '../support/fault-run.js';
import { brokerFaults, networkFaults, routingFaults } from '../support/faults.js';
import { freePorts, startRabbitMq } from '../support/rabbitmq.js';
import type { RabbitMq } from '../support/rabbitmq.js';
import { createSenderClient } from '../support/sender-client.js';

const rows: string[] = [];
let rabbit: RabbitMq;
let proxy: FaultProxy;
let certificates: Certificates;
let securePort = 0;

beforeAll(async () => {
  certificates = await createCertificates();
  [securePort = 0] = await freePorts(1);
  rabbit = await startRabbitMq({
    config: `listeners.ssl.1 = 127.0.0.1:${securePort}
ssl_options.cacertfile = ${certificates.ca}
ssl_options.certfile = ${certificates.server.cert}
ssl_options.keyfile = ${certificates.server.key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
`,
  });
  proxy = await startFaultProxy(rabbit.port);
}, 60_000);

afterAll(async () => {
  await certificates[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await rabbit.stop();
  const head = ['fault', 'accepted', 'arrived', 'duplicates', 'hung', 'troubled', 'seconds'].join(
    ' | ',
  );
  process.stdout.write(`\n| ${head} |\n|---|---|---|---|---|---|---|\n${rows.join('')}\n`);
});

/** Sends through the fault and checks that all of it arrives; resolves with what went wrong on the way. */
async function check(
  fault: Fault,
  options: Partial<AmqpTransportOptions> = {},
): Promise<readonly string[]> {
  await using place = await createTemporaryHome();
  const { timeout = 5000, wait = 5000 } = fault;
  const transport = new AmqpTransport({
    urls: [`amqp://guest:guest@127.0.0.1:${proxy.port}/`],
    connectTimeout: timeout,
    confirmTimeout: timeout,
    ...options,
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
  return client.troubles;
}

describe('what is sent through a fault', () => {
  it.each([...networkFaults, ...routingFaults, ...brokerFaults])(
    'arrives, and nothing of it is lost or hangs: $name',
    async (fault: Fault) => {
      const troubles = await check(fault);

      expect(troubles.length > 0).toBe(fault.isHarmless !== true);
    },
    60_000,
  );

  it('stays queued while the password is wrong', async () => {
    let password = 'wrong';
    const fault: Fault = {
      name: 'wrong password',
      inFlight: messageCount,
      run: async ({ begun }) => {
        await begun(messageCount);
        await delay(500);
        password = 'guest';
      },
    };

    const troubles = await check(fault, {
      credentials: async () => ({ username: 'guest', password }),
    });

    expect(troubles[0]).toMatch(/the broker refuses the user name or the password/);
  }, 60_000);

  it('stays queued while the broker is not trusted', async () => {
    await using place = await createTemporaryHome();
    const ca = await place.write('ca.pem', await fs.readFile(certificates.otherCa));
    const fault: Fault = {
      name: 'TLS with a wrong CA',
      inFlight: messageCount,
      run: async ({ begun }) => {
        await begun(messageCount);
        await delay(500);
        await fs.copyFile(certificates.ca, ca);
      },
    };

    const troubles = await check(fault, {
      urls: [`amqps://guest:guest@127.0.0.1:${securePort}/`],
      ca,
      ...certificates.client,
    });

    expect(troubles[0]).toMatch(/no authority that we know has signed its certificate/);
  }, 60_000);
});
