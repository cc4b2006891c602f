import { expect, test } from 'vitest';

import { detectPlatform } from '../../src/platforms/detect.js';

test('the platform of this machine knows this process and where a node keeps its agent', () => {
  const platform = detectPlatform();

  expect(platform.name).toBe(process.platform === 'win32' ? 'windows' : 'linux');
  expect(platform.identify()).toMatchObject({ pid: process.pid, bootId: platform.bootId() });
  expect(platform.defaultHome).toMatch(/cycle.jetpack$/);
});
