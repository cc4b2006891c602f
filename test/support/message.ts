import type { Message } from '../../src/transport.js';

let serial = 0;

/** A message with an id of its own, and the rest as given. */
export function makeMessage(parts: Partial<Message>): Message {
  return {
    messageId: `01900000-0000-7000-8000-${String(++serial).padStart(12, '0')}`,
    timestamp: Date.UTC(2030, 0, 1),
    exchange: 'cyclecloud',
    routingKey: 'test.key',
    type: 'send',
    contentType: 'text/plain',
    headers: { cluster: 'hpc1' },
    priority: 'medium',
    body: Buffer.from('body'),
    ...parts,
  };
}
