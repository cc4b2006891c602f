import { describe, expect, test } from 'vitest';

import { readHealthSettings } from '../../src/health/settings.js';
import { settingsOf } from '../support/settings.js';

describe('health settings', () => {
  test('have defaults', async () => {
    expect(await readHealthSettings(settingsOf({}))).toEqual({
      timeout: 300_000,
      failures: 1,
      budget: 3,
    });
  });

  test('are numbers, or numbers written as strings', async () => {
    const config = settingsOf({ timeout: 60, failures: '2', budget: 0 });

    expect(await readHealthSettings(config)).toEqual({ timeout: 60_000, failures: 2, budget: 0 });
  });

  test.each([null, ''])('that are %j count as not given', async (value) => {
    expect(await readHealthSettings(settingsOf({ timeout: value }))).toMatchObject({
      timeout: 300_000,
    });
  });

  test.each([
    ['timeout', 0],
    ['timeout', -1],
    ['timeout', 1.5],
    ['timeout', 86_401],
    ['timeout', 'secret words'],
    ['timeout', true],
    ['timeout', [300]],
    ['timeout', {}],
    ['failures', 0],
    ['failures', 'NaN'],
    ['budget', -1],
    ['budget', 'Infinity'],
  ])('refuse %s %j, naming the setting and never the value', async (name, value) => {
    await expect(readHealthSettings(settingsOf({ [name]: value }))).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_BAD_CONFIG',
      message: expect.stringMatching(
        new RegExp(`^(?!.*secret)cannot use cyclecloud\\.healthcheck\\.${name}:`),
      ),
    });
  });
});
