import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTemporaryHome, MemoryTransport } from '../../src/testing/index.js';
import type { Program } from '../support/program.js';
import { buildProgram } from '../support/program.js';
import { startSender } from '../support/sender.js';

let writer: Program;

beforeAll(async () => {
  writer = await buildProgram(path.resolve(import.meta.dirname, '../fixtures/outbox-writer.ts'));
});

afterAll(async () => {
  await writer[Symbol.asyncDispose]();
});

describe('the outbox of several processes', () => {
  it('has every message whose acceptance was told, after its writer was killed', async () => {
    await using place = await createTemporaryHome();
    const accepted: string[] = [];
    for (let round = 0; round < 8; round++) {
      const program = writer.start([place.home.root, '100000', `round ${round}`]);
      await expect.poll(() => program.lines.length, { timeout: 10_000 }).toBeGreaterThan(round * 5);
      program.kill();
      await program.ended;
      accepted.push(...program.lines);
    }
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });

    const result = await sender.flush();

    const delivered = new Set(transport.messages.map(({ messageId }) => messageId));
    expect(accepted.filter((messageId) => !delivered.has(messageId))).toEqual([]);
    // One a round may have been accepted with its writer dead before it could tell.
    expect(delivered.size).toBeLessThanOrEqual(accepted.length + 8);
    expect(result.remaining).toBe(0);
    expect((await sender.outbox.verify()).damaged).toEqual([]);
  }, 60_000);

  it('has the messages of all who write at once, each writer in its own order', async () => {
    await using place = await createTemporaryHome();
    const keys = Array.from({ length: 8 }, (_, n) => `writer-${n}`);

    const programs = keys.map((key) => writer.start([place.home.root, '50', key]));
    const codes = await Promise.all(programs.map(async ({ ended }) => ended));

    expect(new Set(codes)).toEqual(new Set([0]));
    const transport = new MemoryTransport();
    await using sender = startSender(place.home, { transport });
    await sender.flush();
    expect(transport.messages).toHaveLength(400);
    for (const key of keys) {
      const bodies = transport.messages
        .filter(({ routingKey }) => routingKey === key)
        .map(({ body }) => Buffer.from(body).toString());
      expect(bodies).toEqual(Array.from({ length: 50 }, (_, n) => `${key} ${n}`));
    }
  }, 60_000);
});
