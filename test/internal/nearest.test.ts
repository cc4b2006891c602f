import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nearest } from '../../src/internal/nearest.ts';

describe('nearest', () => {
  it.each([
    ['platfrom', 'platform'],
    ['PLATFORM', 'platform'],
    ['platfor', 'platform'],
    ['platformm', 'platform'],
    ['plxtform', 'platform'],
    ['hostnam', 'hostname'],
  ])('takes %s for a slip of %s', (word, expected) => {
    expect(nearest(word, ['os', 'platform_family', 'platform', 'hostname'])).toBe(expected);
  });

  it('knows no candidate that is more than one slip in three letters away', () => {
    expect(nearest('memory', ['kernel', 'mxmxxy', ''])).toBeUndefined();
    expect(nearest('', ['ab'])).toBeUndefined();
  });

  it('counts two swapped letters as one slip', () => {
    expect(nearest('kyes', ['keys'])).toBe('keys');
    expect(nearest('kxys', ['kyex'])).toBeUndefined();
  });

  it('takes the first of equals', () => {
    expect(nearest('cat', ['hat', 'bat'])).toBe('hat');
  });

  it('finds the word itself before all others', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string({ minLength: 1 }), (others, word) => {
        const same = word.toLowerCase();

        expect(nearest(word, [...others, word])?.toLowerCase()).toBe(same);
      }),
    );
  });

  it('finds a word of some length again when one letter of it is changed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(), (word, seed) => {
        const at = seed % word.length;
        const slip = `${word.slice(0, at)}_${word.slice(at + 1)}`;

        expect(nearest(slip, ['0000', word])).toBe(word);
      }),
    );
  });
});
