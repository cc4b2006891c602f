import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { backoff, longestBackoff } from '../../src/internal/backoff.js';

describe('backoff', () => {
  it('stays between nothing and a bound that doubles up to thirty seconds', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat({ max: 2000 }), random, (failures, value) => {
        const pause = backoff(failures, () => value);

        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThanOrEqual(longestBackoff);
      }),
    );
    expect([1, 2, 3, 20].map((failures) => backoff(failures, () => 1))).toEqual([
      100, 200, 400, 30_000,
    ]);
  });
});
