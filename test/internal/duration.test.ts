import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { UsageError } from '../../src/errors.js';
import { formatDuration, parseDuration } from '../../src/internal/duration.js';

const usage = expect.objectContaining({ name: 'UsageError', code: 'ERR_JETPACK_USAGE' });

describe('parseDuration', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['6h', 21_600_000],
    ['2d', 172_800_000],
    ['1h30m', 5_400_000],
    ['1d2h3m4s', 93_784_000],
    ['007s', 7000],
    ['3650d', 315_360_000_000],
    ['forever', 'forever'],
  ])('reads %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '1',
    '90',
    '-1h',
    '+1h',
    '1.5h',
    '1 h',
    '1h ',
    '1H',
    'Forever',
    '30m1h',
    '1h1h',
    '1w',
    'h',
    '0s',
    '0d0h',
    '3651d',
    '3650d1s',
    `${'9'.repeat(400)}d`,
    '1h\n',
    '١h',
    '__proto__',
  ])('refuses %j as a wrong call that lists the forms', (text) => {
    expect(() => parseDuration(text)).toThrow(usage);
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('1h30m or forever') }),
    );
  });

  test('refuses a huge text with a short message', () => {
    expect(() => parseDuration('x'.repeat(1_000_000))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,120}$/) }),
    );
  });

  test('reads a text or refuses it, and never does anything else', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '0', '9', 'd', 'h', 'm', 's', ' ') }),
        (text) => {
          const result = attempt(text);

          expect(result).toSatisfy(
            (value: unknown) =>
              value instanceof UsageError ||
              (typeof value === 'number' &&
                value > 0 &&
                value <= 315_360_000_000 &&
                value % 1000 === 0),
          );
        },
      ),
    );
  });
});

describe('formatDuration', () => {
  test.each([
    [5_400_000, '1h 30m'],
    [90_000, '1m 30s'],
    [172_800_000, '2d'],
    [86_401_000, '1d 1s'],
    [59_999, '59s'],
    [350.7, '350ms'],
    [0, '0s'],
    [-5, '0s'],
    [NaN, '0s'],
    [Infinity, 'forever'],
  ])('prints %d as %s', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });

  test('is what parseDuration reads back, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 315_360_000_000 }), (ms) => {
        const text = formatDuration(ms).replaceAll(' ', '');

        expect(parseDuration(text)).toBe(Math.floor(ms / 1000) * 1000);
      }),
    );
  });
});

function attempt(text: string): unknown {
  try {
    return parseDuration(text);
  } catch (error) {
    return error;
  }
}
