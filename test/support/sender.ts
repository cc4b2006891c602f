import type { Home } from '../../src/home.js';
import { Sender } from '../../src/messaging/sender.js';
import type { SenderOptions } from '../../src/messaging/sender.js';
import { detectPlatform } from '../../src/platforms/detect.js';
import { MemoryTransport } from '../../src/testing/index.js';
import type { ManualClock } from '../../src/testing/index.js';

/** A sender over a home, with everything a test does not care about filled in. */
export function startSender(home: Home, options: Partial<SenderOptions>): Sender {
  return new Sender({
    home,
    transport: new MemoryTransport(),
    platform: detectPlatform(),
    identity: async () => ({
      cluster: 'hpc1',
      node: 'execute-1',
      nodeId: 'id-1',
      hostname: 'ip-0A000005',
      ipv4: '10.0.0.5',
    }),
    ...options,
  });
}

/** The bodies of what is queued, in order. */
export async function readState(sender: Sender): Promise<string[]> {
  const bodies: string[] = [];
  for (const { messageId, state } of await sender.outbox.list()) {
    if (state !== 'queued') continue;
    const message = await sender.outbox.show(messageId);
    bodies.push(Buffer.from(message?.body ?? []).toString());
  }
  return bodies;
}

/**
 * Lets a manual clock run until the work has ended, but only while that many are asleep: the one who watches the
 * deadline, and the one who pauses between two attempts. In between the disk is at work, which takes no time here.
 */
export async function settle<T>(clock: ManualClock, work: Promise<T>, sleepers = 2): Promise<T> {
  const pending = new Set([work]);
  // The caller awaits it below.
  work.catch(() => undefined).finally(() => pending.clear());
  while (pending.size > 0) await clock.advance(clock.sleeping >= sleepers ? 50 : 0);
  return work;
}
