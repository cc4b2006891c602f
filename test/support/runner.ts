import { describe, expect, it } from 'vitest';

import type { TestRunner } from '../../src/testing/index.js';

/** This test run, as the conformance suites want it. */
export const runner: TestRunner = {
  describe,
  it,
  equal: (actual, expected) => {
    expect(actual).toEqual(expected);
  },
};
