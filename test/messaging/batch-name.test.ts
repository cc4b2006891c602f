import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BatchKeys, parseBatchName, renamed } from '../../src/messaging/batch-name.js';

describe('the name of a batch', () => {
  it('tells time, writer, counts and size again', () => {
    const count = fc.nat({ max: 99_999 });
    fc.assert(
      fc.property(
        fc.record({ low: count, medium: count, high: count }),
        fc.nat({ max: 2 ** 30 }),
        fc.integer({ min: -5, max: 8e12 }),
        (counts, bytes, now) => {
          const keys = new BatchKeys(() => now, Math.random);

          const name = renamed({ key: keys.next() }, { counts, bytes });

          expect(parseBatchName(name.name)).toEqual(name);
          expect(name).toMatchObject({ time: Math.max(0, now), pid: process.pid, counts, bytes });
        },
      ),
    );
  });

  it('sorts by the order of the calls, however the clock jumps', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 2 }), (times) => {
        let turn = 0;
        const keys = new BatchKeys(() => times[turn++] ?? 0, Math.random);

        const given = times.map(() => keys.next());

        expect(given.toSorted()).toEqual(given);
        expect(new Set(given).size).toBe(given.length);
      }),
    );
  });

  it.each(['', 'x.msg', '1-2-3.msg', '../../etc/passwd', '.hidden', 'constructor'])(
    'is not %j',
    (name) => {
      expect(parseBatchName(name)).toBeUndefined();
    },
  );
});
