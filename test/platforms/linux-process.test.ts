import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseProcessStat } from '../../src/platforms/linux-process.js';

const rest = '34816 5219 4194304 200 0 0 0 1 2 3 4 20 0 1 0';

describe('parseProcessStat', () => {
  test('reads parent, group, session and start', () => {
    const text = `5219 (bash) S 5218 5219 5200 ${rest} 987654321 1 2 3\n`;

    expect(parseProcessStat(text, 5219)).toEqual({
      pid: 5219,
      parent: 5218,
      group: 5219,
      session: 5200,
      started: 987_654_321n,
    });
  });

  test('is not misled by a program name, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (name) => {
        const text = `7 (${name}) R 1 7 7 ${rest} 42 0\n`;

        expect(parseProcessStat(text, 7)).toMatchObject({ parent: 1, started: 42n });
      }),
    );
  });

  test.each(['Z', 'X'])('sees no process in state %s', (state) => {
    expect(parseProcessStat(`7 (x) ${state} 1 7 7 ${rest} 42 0\n`, 7)).toBeUndefined();
  });

  test.each(['', '7 (x', '7 (x) S 1 7'])('sees no process in %j', (text) => {
    expect(parseProcessStat(text, 7)).toBeUndefined();
  });
});
