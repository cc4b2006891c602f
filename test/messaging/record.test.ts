import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeBatch, encodeBatch } from '../../src/messaging/record.js';
import type { StoredMessage } from '../../src/messaging/record.js';
import { makeMessage } from '../support/message.js';

const headers = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '1')),
  fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
  ),
  { noNullPrototype: true },
);

const stored: fc.Arbitrary<StoredMessage> = fc
  .record({
    body: fc.uint8Array({ maxLength: 300 }),
    routingKey: fc.string({ unit: 'binary' }),
    priority: fc.constantFrom('low', 'medium', 'high'),
    headers,
    attempts: fc.nat(),
  })
  .map(({ attempts, ...parts }) => ({ message: makeMessage(parts), attempts }));

function bytesOf(messages: readonly StoredMessage[]): Buffer {
  return Buffer.concat(encodeBatch(messages).chunks);
}

function comparable(messages: readonly StoredMessage[]): unknown {
  return messages.map(({ message, attempts, reason }) => ({
    ...message,
    headers: Object.entries(message.headers),
    body: Buffer.from(message.body).toString('hex'),
    attempts,
    reason,
  }));
}

describe('a batch file', () => {
  it('gives back what was put into it, whatever that was', () => {
    fc.assert(
      fc.property(fc.array(stored, { maxLength: 6 }), (messages) => {
        const decoded = decodeBatch(bytesOf(messages));

        expect(decoded.damage).toBeUndefined();
        expect(comparable(decoded.messages)).toEqual(comparable(messages));
      }),
    );
  });

  it('says how many messages of each priority and how many bytes it holds', () => {
    const messages = (['low', 'high', 'high'] as const).map((priority) => ({
      message: makeMessage({ priority, body: Buffer.alloc(100_000) }),
      attempts: 0,
    }));

    const { counts, bytes, chunks } = encodeBatch(messages);

    expect(counts).toEqual({ low: 1, medium: 0, high: 2 });
    expect(bytes).toBe(Buffer.concat(chunks).length);
  });

  it('cut off anywhere, still gives the messages that are whole, and tells of the damage', () => {
    const messages = ['a', 'b', 'c'].map((text) => ({
      message: makeMessage({ body: Buffer.from(text.repeat(20)) }),
      attempts: 0,
    }));
    const whole = bytesOf(messages);
    const ends = messages.map((_, index) => bytesOf(messages.slice(0, index + 1)).length);

    for (let length = 1; length < whole.length; length++) {
      const decoded = decodeBatch(whole.subarray(0, length));

      expect(decoded.messages).toHaveLength(ends.filter((end) => end <= length).length);
      expect(decoded.damage === undefined).toBe(ends.includes(length));
    }
  });

  it('with any one byte changed never gives a message that was not put into it', () => {
    const messages = ['first', 'second'].map((text) => ({
      message: makeMessage({ body: Buffer.from(text) }),
      attempts: 0,
    }));
    const whole = bytesOf(messages);
    const allowed = new Set(messages.map((one) => JSON.stringify(comparable([one]))));

    for (let offset = 0; offset < whole.length; offset++) {
      const changed = Buffer.from(whole);
      changed[offset] = (changed[offset] ?? 0) ^ 0x41;
      const decoded = decodeBatch(changed);

      expect(decoded.damage, `byte ${offset}`).toBeDefined();
      const invented = decoded.messages.filter(
        (one) => !allowed.has(JSON.stringify(comparable([one]))),
      );
      expect(invented).toEqual([]);
    }
  });

  it('takes any bytes for what they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const decoded = decodeBatch(bytes);

        expect(decoded.messages).toEqual([]);
        expect(decoded.damage).toBeDefined();
      }),
    );
  });
});
