// `npm run bench:faults`: 2 000 messages through each fault, by our sender and by the other clients, on one broker.
import { startFaultProxy } from '../test/support/fault-proxy.ts';
import type { Fault, FaultReport } from '../test/support/fault-run.ts';
import { messageCount, runFault } from '../test/support/fault-run.ts';
import { brokerFaults, networkFaults, routingFaults } from '../test/support/faults.ts';
import { startRabbitMq } from '../test/support/rabbitmq.ts';
import { clients } from './fault-clients.ts';

/** Milliseconds after which a send counts as hung. */
const bound = 15_000;

const faults = [...networkFaults, ...routingFaults, ...brokerFaults].filter(
  ({ name }) =>
    process.argv.length < 3 || process.argv.slice(2).some((word) => name.includes(word)),
);
// Some clients throw from their sockets' events when the broker goes away: it is theirs, and must not end the rest.
let uncaught = 0;
process.on('uncaughtException', () => uncaught++).on('unhandledRejection', () => uncaught++);

const nothing = async (): Promise<void> => undefined;
const table: string[] = [];
await using rabbit = await startRabbitMq();
for (const fault of faults) {
  for (const name of Object.keys(clients)) {
    table.push(await measure(fault, name));
    console.log(table.at(-1));
  }
}
console.log(
  '\n| fault | client | said failed, but arrived | lost | said confirmed, but lost | duplicated | hung | uncaught |',
);
console.log(`|---|---|---|---|---|---|---|---|\n${table.join('\n')}`);
await rabbit.stop();
process.exit(0); // what hangs would keep this process

async function measure(fault: Fault, name: string): Promise<string> {
  await using proxy = await startFaultProxy(rabbit.port);
  const url = `amqp://guest:guest@127.0.0.1:${proxy.port}/`;
  let close = nothing;
  uncaught = 0;
  const report = await runFault(fault, {
    rabbit,
    proxy,
    bound,
    createClient: async (exchange) => {
      const client = await clients[name]?.({ url, exchange, wait: fault.wait ?? 5000 });
      if (client === undefined) throw new Error(`no client is called ${name}`);
      close = async () => client.close();
      return client;
    },
  });
  await proxy.down();
  await Promise.race([close().catch(() => undefined), new Promise((go) => setTimeout(go, 3000))]);
  return `| ${[fault.name, name, ...cells(report)].join(' | ')} | ${uncaught} |`;
}

function cells({ said, arrived, duplicates, hung }: FaultReport): number[] {
  const count = (what: string, has: boolean): number =>
    [...said].filter(([n, outcome]) => outcome === what && arrived.has(n) === has).length;
  const lost = messageCount - arrived.size;
  return [count('failed', true), lost, count('confirmed', false), duplicates, hung];
}
