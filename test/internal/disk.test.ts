import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { realDisk } from '../../src/internal/disk.js';
import { createTemporaryHome } from '../../src/testing/index.js';

describe('the real disk', () => {
  test('makes a folder with its parents, and nothing when it is there', async () => {
    await using home = await createTemporaryHome();
    const folder = path.join(home.home.root, 'a/b/c');

    await realDisk.makeFolder(folder, 0o750);
    await realDisk.makeFolder(folder, 0o700);

    expect((await fs.stat(folder)).mode & 0o777).toBe(0o750);
  });

  test('writes a new file of several pieces with its mode', async () => {
    await using home = await createTemporaryHome();
    const file = path.join(home.home.root, 'f');

    await realDisk.writeFile(
      file,
      [Buffer.from('one '), Buffer.alloc(0), Buffer.from('two')],
      0o640,
    );

    expect(await fs.readFile(file, 'utf8')).toBe('one two');
    expect((await fs.stat(file)).mode & 0o777).toBe(0o640);
  });

  test('writes over nothing', async () => {
    await using home = await createTemporaryHome();
    const file = await home.write('f', 'old');

    await expect(realDisk.writeFile(file, [Buffer.from('new')], 0o640)).rejects.toMatchObject({
      code: 'EEXIST',
    });
    expect(await home.read('f')).toBe('old');
  });

  test('renames over what had the name', async () => {
    await using home = await createTemporaryHome();
    const [from, to] = [await home.write('from', 'new'), await home.write('to', 'old')];

    await realDisk.rename(from, to);

    expect(await realDisk.list(home.home.root)).toEqual(['to']);
    expect(await home.read('to')).toBe('new');
  });

  test('removes a file, and nothing when there is none', async () => {
    await using home = await createTemporaryHome();
    const file = await home.write('f', '');

    await realDisk.remove(file);
    await realDisk.remove(file);

    expect(await realDisk.list(home.home.root)).toEqual([]);
  });

  test('does not take a folder for a file to be removed', async () => {
    await using home = await createTemporaryHome();

    await expect(realDisk.remove(home.home.root)).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|EPERM/),
    });
  });

  test('lists nothing where there is no folder, and refuses what is none', async () => {
    await using home = await createTemporaryHome();
    const file = await home.write('f', '');

    expect(await realDisk.list(path.join(home.home.root, 'absent'))).toEqual([]);
    await expect(realDisk.list(file)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('syncs a folder, and says so when there is none', async () => {
    await using home = await createTemporaryHome();

    await realDisk.syncFolder(home.home.root);

    await expect(realDisk.syncFolder(path.join(home.home.root, 'absent'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
