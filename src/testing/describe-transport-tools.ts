import { setTimeout as delay } from 'node:timers/promises';

import type { Message } from '../transport.js';
import type { ArrivedMessage, TransportUnderTest } from './describe-transport-options.js';

/** Milliseconds for what was confirmed to be seen at the other side. */
const patience = 5000;

let count = 0;

/** A message with an id of its own, and the rest as given. */
export function makeMessage({ exchange }: { exchange: string }, parts: Partial<Message>): Message {
  const serial = String(++count).padStart(12, '0');
  return {
    messageId: `01900000-0000-7000-8000-${serial}`,
    timestamp: Date.UTC(2030, 0, 1),
    exchange,
    routingKey: 'conformance.test',
    type: 'send',
    contentType: 'application/octet-stream',
    headers: { cluster: 'c', node: 'n', flag: true, number: 7 },
    priority: 'medium',
    body: Buffer.from(serial),
    ...parts,
  };
}

/** Those that have not arrived, though they were given the time to. At least once: others may have, and some twice. */
export async function missing(
  side: TransportUnderTest,
  messages: readonly Message[],
): Promise<readonly Message[]> {
  const until = performance.now() + patience;
  for (;;) {
    const ids = new Set((await side.arrived()).map(({ messageId }) => messageId));
    const left = messages.filter(({ messageId }) => !ids.has(messageId));
    if (left.length === 0 || performance.now() > until) return left;
    await delay(10);
  }
}

/** What is confirmed is the other side's; it may be seen there a moment later. */
export async function arrivedSoon(
  side: TransportUnderTest,
  expected: number,
): Promise<readonly ArrivedMessage[]> {
  const until = performance.now() + patience;
  let arrived = await side.arrived();
  while (arrived.length < expected && performance.now() < until) {
    await delay(10);
    arrived = await side.arrived();
  }
  return arrived;
}

/** The code of the error that somebody gets, or `resolved`. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
