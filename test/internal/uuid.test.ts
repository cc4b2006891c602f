import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { uuidV7 } from '../../src/internal/uuid.js';

describe('uuidV7', () => {
  it('is a UUID of version 7 that sorts by time', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 2 });
    fc.assert(
      fc.property(time, (now) => {
        const earlier = uuidV7(now, Math.random);
        const later = uuidV7(now + 1, Math.random);

        expect(earlier).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(earlier < later).toBe(true);
      }),
    );
  });

  it('differs from one to the next', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => uuidV7(1, Math.random)));

    expect(ids.size).toBe(10_000);
  });
});
