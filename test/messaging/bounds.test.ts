import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { renamed, total } from '../../src/messaging/batch-name.js';
import { completeBounds, dropped, fits, loadOf, planDrops } from '../../src/messaging/bounds.js';

const count = fc.nat({ max: 5 });
const batches = fc
  .array(fc.record({ low: count, medium: count, high: count }), { maxLength: 8 })
  .map((all) =>
    all
      .filter((counts) => total(counts) > 0)
      .map((counts, index) =>
        renamed(
          { key: `${String(1_000 + index).padStart(13, '0')}-1-abcdef-000000001` },
          { counts, bytes: total(counts) * 100 },
        ),
      ),
  );

describe('what a full outbox sheds', () => {
  it('is low priority only, no more than needed, oldest first', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 30 }), (all, messages) => {
        const bounds = completeBounds({ messages });

        const drops = planDrops({ batches: all, bounds, now: 2000 });

        const shed = dropped(drops);
        const low = all.reduce((sum, { counts }) => sum + counts.low, 0);
        const excess = Math.max(0, loadOf(all).messages - messages);
        expect(shed).toEqual({ low: Math.min(low, excess), medium: 0, high: 0 });
        const partly = drops.findIndex(({ batch, counts }) => counts.low < batch.counts.low);
        expect(partly === -1 || partly === drops.length - 1).toBe(true);
      }),
    );
  });

  it('makes the room that is asked for, or nothing', () => {
    fc.assert(
      fc.property(
        batches,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 10 }),
        (all, messages, wanted) => {
          const bounds = completeBounds({ messages });
          const demand = { messages: wanted, bytes: wanted * 100 };

          const drops = planDrops({ batches: all, bounds, now: 2000, demand });

          const left = loadOf(all).messages - total(dropped(drops));
          const hasRoom = fits({ messages: left + wanted, bytes: 0 }, bounds);
          expect(hasRoom || drops.length === 0).toBe(true);
        },
      ),
    );
  });

  it('is everything that is too old', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const drops = planDrops({ batches: all, bounds: completeBounds({ age: 10 }), now: 5000 });

        expect(total(dropped(drops))).toBe(loadOf(all).messages);
      }),
    );
  });
});
