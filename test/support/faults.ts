import { setTimeout as delay } from 'node:timers/promises';

import type { Fault, FaultWorld } from './fault-run.ts';
import { messageCount } from './fault-run.ts';

/** What networks do. */
export const networkFaults: readonly Fault[] = [
  {
    name: 'cut, 5 times',
    run: async ({ begun, proxy }) => {
      for (let n = 1; n <= 5; n++) {
        await begun(n * 350);
        proxy.cut();
      }
    },
  },
  {
    name: 'down for 3 s',
    run: async ({ begun, proxy }) => {
      await begun(500);
      await proxy.down();
      await delay(3000);
      await proxy.up();
    },
  },
  {
    name: 'black hole',
    timeout: 500,
    run: async ({ begun, proxy }) => {
      await begun(500);
      proxy.blackHole();
      await delay(1500);
      proxy.pass();
    },
  },
  {
    name: 'slow drip',
    isHarmless: true,
    run: async ({ begun, proxy }) => {
      await begun(500);
      proxy.drip(512, 5);
      await delay(2000);
      proxy.pass();
    },
  },
  {
    name: 'reset in mid-frame, 3 times',
    run: async ({ begun, proxy }) => {
      for (let n = 1; n <= 3; n++) {
        await begun(n * 500);
        await proxy.resetAfter(3333);
      }
    },
  },
];

/** What a broker does while it is well. */
export const routingFaults: readonly Fault[] = [
  {
    name: 'unroutable',
    queue: { isBoundLater: true },
    wait: 1000,
    inFlight: messageCount,
    run: async ({ begun, queue }) => {
      await begun(messageCount);
      await delay(500);
      await queue.bind();
    },
  },
  {
    name: 'nack (full queue)',
    queue: { arguments: { 'x-max-length': 500, 'x-overflow': 'reject-publish' } },
    wait: 1000,
    inFlight: messageCount,
    run: async ({ begun, queue }) => {
      await begun(messageCount);
      await delay(500);
      queue.consume();
    },
  },
];

/** What a broker does in need. */
export const brokerFaults: readonly Fault[] = [
  {
    name: 'memory alarm',
    wait: 2000,
    pace: 50,
    run: async ({ begun, rabbit }) => {
      await begun(100);
      await rabbit.control('set_vm_memory_high_watermark', '0.0001');
      await delay(500);
      await rabbit.control('set_vm_memory_high_watermark', '0.4');
    },
  },
  {
    name: 'broker restarted, with a consumer',
    pace: 25,
    run: async (world) => {
      world.queue.consume();
      await restart(world);
    },
  },
  { name: 'broker restarted, all on its disk', pace: 25, run: restart },
];

async function restart({ begun, rabbit }: FaultWorld): Promise<void> {
  await begun(200);
  await rabbit.restart();
}
