import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { WindowsPlatform } from '../../src/platforms/windows.js';
import { createTemporaryHome } from '../../src/testing/index.js';

const platform = new WindowsPlatform();

describe('scriptCommand on Windows', () => {
  test.each([
    ['a.bat', (file: string) => ({ file, args: [] })],
    ['A.CMD', (file: string) => ({ file, args: [] })],
    [
      'a.ps1',
      (file: string) => ({ file: 'powershell.exe', args: expect.arrayContaining(['-File', file]) }),
    ],
    ['a.py', (file: string) => ({ file: 'python', args: [file] })],
    ['a.sh', () => undefined],
    ['README.txt', () => undefined],
    ['.a.bat', () => undefined],
  ])('of %s', async (name, expected) => {
    await using home = await createTemporaryHome();
    const file = await home.write(name, '');

    expect(await platform.scriptCommand(file)).toEqual(expected(file));
  });

  test('of a folder or of nothing is none', async () => {
    await using home = await createTemporaryHome();

    expect(await platform.scriptCommand(home.home.root)).toBeUndefined();
    expect(await platform.scriptCommand(path.join(home.home.root, 'absent.bat'))).toBeUndefined();
  });
});

describe('a process on Windows', () => {
  test('is there, or it is not', () => {
    expect(platform.identify()).toMatchObject({ pid: process.pid });
    expect(platform.identify(4_194_000)).toBeUndefined();
  });
});
