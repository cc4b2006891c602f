import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { writeFileAtomic } from '../../src/internal/atomic-file.js';
import { realDisk } from '../../src/internal/disk.js';
import type { Disk } from '../../src/internal/disk.js';
import { createTemporaryHome } from '../../src/testing/index.js';
import { writePlainSource } from '../support/plain-source.js';

/** A disk on which the operation of that name fails, after it was done by halves where it can be. */
function failing(operation: keyof Disk, calls: string[] = []): Disk {
  const fail = async (): Promise<never> => {
    calls.push(operation);
    throw Object.assign(new Error('scripted'), { code: 'EIO' });
  };
  if (operation !== 'writeFile') return { ...realDisk, [operation]: fail };
  return {
    ...realDisk,
    writeFile: async (file, chunks, mode) => {
      await fs.writeFile(file, chunks[0]?.subarray(0, 3) ?? '', { mode });
      await fail();
    },
  };
}

describe('writeFileAtomic', () => {
  test('writes text and bytes, over what was there, with the mode, and leaves nothing beside it', async () => {
    await using home = await createTemporaryHome();
    const file = path.join(home.home.run, 'state.json');

    await writeFileAtomic(file, 'grüße');
    expect(await fs.readFile(file, 'utf8')).toBe('grüße');
    await writeFileAtomic(file, new Uint8Array([0, 255]), { mode: 0o600 });

    expect([...(await fs.readFile(file))]).toEqual([0, 255]);
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
    expect(await fs.readdir(home.home.run)).toEqual(['state.json']);
  });

  test('syncs the content before it has the name, and the name before it says done', async () => {
    await using home = await createTemporaryHome();
    const calls: string[] = [];
    const recording: Disk = {
      ...realDisk,
      writeFile: async (...given) => (calls.push('write and sync'), realDisk.writeFile(...given)),
      rename: async (...given) => (calls.push('rename'), realDisk.rename(...given)),
      syncFolder: async (...given) => (calls.push('sync folder'), realDisk.syncFolder(...given)),
    };

    await writeFileAtomic(path.join(home.home.run, 'f'), 'x', { disk: recording });

    expect(calls).toEqual(['write and sync', 'rename', 'sync folder']);
  });

  test.each(['makeFolder', 'writeFile', 'rename'] as const)(
    'keeps the old content and no rest when %s fails',
    async (operation) => {
      await using home = await createTemporaryHome();
      const file = await home.write('run/f', 'old');
      const calls: string[] = [];

      const writing = writeFileAtomic(file, 'new content', { disk: failing(operation, calls) });

      await expect(writing).rejects.toMatchObject({
        name: 'JetpackError',
        code: 'ERR_JETPACK_CANNOT_WRITE',
        path: file,
      });
      expect(calls).toEqual([operation]);
      expect(await home.read('run/f')).toBe('old');
      expect(await fs.readdir(home.home.run)).toEqual(['f']);
    },
  );

  test('says that it failed when the name may be lost in a power cut, the content being whole', async () => {
    await using home = await createTemporaryHome();
    const file = await home.write('run/f', 'old');

    await expect(
      writeFileAtomic(file, 'new', { disk: failing('syncFolder') }),
    ).rejects.toMatchObject({ code: 'ERR_JETPACK_CANNOT_WRITE' });
    expect(await home.read('run/f')).toBe('new');
  });

  test('never shows a reader a part, and many writers never mix', async () => {
    await using home = await createTemporaryHome();
    const file = await home.write('run/f', 'a'.repeat(100_000));
    const letters = 'bcdefghij'.split('');

    const writing = Promise.all(
      letters.map(async (letter) => writeFileAtomic(file, letter.repeat(100_000))),
    );
    const seen = new Set<string>();
    for (let looks = 0; looks < 50; looks++) {
      const text = await fs.readFile(file, 'utf8');
      seen.add(`${text.length} ${new Set(text).size}`);
    }
    await writing;

    expect([...seen]).toEqual(['100000 1']);
    expect(await fs.readdir(home.home.run)).toEqual(['f']);
  });

  test('says that the disk is full, and keeps the old content', async () => {
    await using home = await createTemporaryHome();
    const folder = path.join(home.home.root, 'small');
    await fs.mkdir(folder);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    expect(String(mounted.stderr)).toBe('');
    try {
      const file = path.join(folder, 'f');
      await writeFileAtomic(file, 'old');

      await expect(writeFileAtomic(file, 'x'.repeat(100_000))).rejects.toMatchObject({
        code: 'ERR_JETPACK_CANNOT_WRITE',
        message: expect.stringContaining('no space left'),
      });
      expect(await fs.readFile(file, 'utf8')).toBe('old');
      expect(await fs.readdir(folder)).toEqual(['f']);
    } finally {
      spawnSync('umount', [folder]);
    }
  });

  test('says that this user may not, and keeps the old content', async () => {
    await using home = await createTemporaryHome();
    const file = await home.write('run/f', 'old');
    const source = path.join(home.home.root, 'source');
    await writePlainSource(source, [
      'errors',
      'internal/atomic-file',
      'internal/disk',
      'internal/fs-error',
    ]);
    await fs.chmod(home.home.root, 0o755);
    await fs.chmod(home.home.run, 0o555);
    const program = path.join(source, 'write-atomic.mjs');
    await fs.copyFile(
      path.resolve(import.meta.dirname, '../fixtures/internal/write-atomic.mjs'),
      program,
    );
    // Root may write anywhere, so another user tries.
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

    const { stdout } = spawnSync(process.execPath, [program, source, file, 'new'], {
      encoding: 'utf8',
      ...asNobody,
    });

    expect(stdout).toBe('ERR_JETPACK_PERMISSION');
    expect(await home.read('run/f')).toBe('old');
    expect(await fs.readdir(home.home.run)).toEqual(['f']);
  });

  test('refuses a name that a folder has', async () => {
    await using home = await createTemporaryHome();
    await home.write('run/f/inside', '');

    await expect(writeFileAtomic(path.join(home.home.run, 'f'), 'x')).rejects.toMatchObject({
      code: 'ERR_JETPACK_CANNOT_WRITE',
    });
    expect(await fs.readdir(home.home.run)).toEqual(['f']);
  });
});
