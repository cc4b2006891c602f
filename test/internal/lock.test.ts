import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { lockedError, tryLock, waitForLock } from '../../src/internal/lock.js';
import { LinuxPlatform } from '../../src/platforms/linux.js';
import { FakePlatform, ManualClock, createTemporaryHome } from '../../src/testing/index.js';
import type { TemporaryHome } from '../../src/testing/index.js';
import { writePlainSource } from '../support/plain-source.js';

const deadPid = 4_194_000;

function lockIn(home: TemporaryHome): string {
  return path.join(home.home.run, 'some.lock');
}

/** What lies in the folder of the lock. */
async function names(home: TemporaryHome): Promise<string[]> {
  return (await fs.readdir(home.home.run)).toSorted();
}

describe('tryLock', () => {
  test('gives the lock to the first and tells the second who has it', async () => {
    await using home = await createTemporaryHome();
    const platform = new FakePlatform();

    const first = await tryLock(lockIn(home), 'converge', platform);
    const second = await tryLock(lockIn(home), 'converge', platform);

    expect(first.held).toBeDefined();
    expect(second.held).toBeUndefined();
    expect(second.owner).toMatchObject({
      pid: process.pid,
      doing: 'converge',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await names(home)).toEqual(['some.lock']);
  });

  test('gives it again after release, which may be called twice', async () => {
    await using home = await createTemporaryHome();
    const platform = new FakePlatform();
    const { held } = await tryLock(lockIn(home), 'one', platform);

    await held?.release();
    const { held: second } = await tryLock(lockIn(home), 'two', platform);
    await held?.release();

    expect(second).toBeDefined();
    expect(await names(home)).toEqual(['some.lock']);
    await second?.release();
    expect(await names(home)).toEqual([]);
  });

  test('gives it to one only of many who ask at once', async () => {
    await using home = await createTemporaryHome();
    const platform = new FakePlatform();

    const attempts = await Promise.all(
      Array.from({ length: 50 }, async () => tryLock(lockIn(home), 'x', platform)),
    );

    expect(attempts.filter(({ held }) => held !== undefined)).toHaveLength(1);
    expect(await names(home)).toEqual(['some.lock']);
  });

  test.each([
    [
      'a process that is gone',
      JSON.stringify({ pid: deadPid, started: '1', bootId: 'boot-1', doing: 'x', since: '' }),
    ],
    [
      'a process whose number is used again',
      JSON.stringify({
        pid: process.pid,
        started: 'earlier',
        bootId: 'boot-1',
        doing: 'x',
        since: '',
      }),
    ],
    [
      'another boot',
      JSON.stringify({
        pid: process.pid,
        started: 'start-1',
        bootId: 'boot-0',
        doing: 'x',
        since: '',
      }),
    ],
    ['nobody: empty', ''],
    ['nobody: torn', '{"pid": 12, "star'],
    ['nobody: something else', '[1, 2]'],
    ['nobody: null', 'null'],
    [
      'nobody: a pid that is none',
      '{"pid": "1", "started": "", "bootId": "", "doing": "", "since": ""}',
    ],
    ['nobody: binary', '\0\0\0\0'],
  ])('takes over a lock of %s, by one taker only', async (_who, content) => {
    await using home = await createTemporaryHome();
    const file = await home.write('run/some.lock', content);
    const platform = new FakePlatform();

    const attempts = await Promise.all(
      Array.from({ length: 20 }, async () => tryLock(file, 'x', platform)),
    );

    expect(attempts.filter(({ held }) => held !== undefined)).toHaveLength(1);
    expect(await names(home)).toEqual(['some.lock']);
  });

  test('takes over also when others died in the middle of a takeover, and clears what they left', async () => {
    await using home = await createTemporaryHome();
    const dead = JSON.stringify({
      pid: deadPid,
      started: '1',
      bootId: 'boot-1',
      doing: 'x',
      since: '',
    });
    for (const name of ['some.lock', 'some.lock.takeover', 'some.lock.takeover.takeover'])
      await home.write(`run/${name}`, dead);
    await home.write(`run/some.lock.${deadPid}.0.tmp`, dead);
    await home.write(`run/some.lock.${process.pid}.999999.tmp`, 'of one that lives');
    await home.write('run/some.lock.notes.tmp', 'of somebody else');

    const { held } = await tryLock(lockIn(home), 'x', new FakePlatform());

    expect(held).toBeDefined();
    expect(await names(home)).toEqual([
      'some.lock',
      `some.lock.${process.pid}.999999.tmp`,
      'some.lock.notes.tmp',
    ]);
  });

  test('leaves a lock that another one has by now', async () => {
    await using home = await createTemporaryHome();
    const platform = new FakePlatform();
    const { held } = await tryLock(lockIn(home), 'one', platform);
    await fs.rm(lockIn(home)); // by hand
    const { held: second } = await tryLock(lockIn(home), 'two', platform);

    await held?.release();

    expect(await names(home)).toEqual(['some.lock']);
    await second?.release();
    expect(await names(home)).toEqual([]);
  });

  test('makes the folder it lies in', async () => {
    await using home = await createTemporaryHome();

    const { held } = await tryLock(path.join(home.home.run, 'a/b/c.lock'), 'x', new FakePlatform());

    expect(held).toBeDefined();
  });

  test('says what is in the way when it cannot be written', async () => {
    await using home = await createTemporaryHome();
    await home.write('run', 'a file where the folder should be');

    await expect(tryLock(lockIn(home), 'x', new FakePlatform())).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_CANNOT_WRITE',
      path: lockIn(home),
    });
  });

  test(
    'never has two holders among fifty processes, a third of which is killed',
    { timeout: 60_000 },
    async () => {
      await using home = await createTemporaryHome();
      const source = path.join(home.home.root, 'source');
      await writePlainSource(source, [
        'clock',
        'errors',
        'internal/fs-error',
        'internal/lock',
        'platforms/find-program',
        'platforms/linux',
        'platforms/linux-process',
      ]);
      const program = path.resolve(import.meta.dirname, '../fixtures/internal/lock-contender.mjs');
      const output: string[] = [];
      const contend = (index: number): ChildProcess => {
        const child = spawn(process.execPath, [program, source, lockIn(home), '5'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.stdout.on('data', (chunk: Buffer) => {
          output.push(chunk.toString());
          // Whoever has just got it is killed while he has it, or a little later.
          if (index % 3 === 0) setTimeout(() => child.kill('SIGKILL'), Math.random() * 4);
        });
        return child;
      };

      const children = Array.from({ length: 50 }, (_, index) => contend(index));
      await Promise.all(children.map(async (child) => once(child, 'close')));

      const lines = output.join('').trim().split('\n');
      expect(lines.filter((line) => line !== 'held')).toEqual([]);
      expect(lines.length).toBeGreaterThanOrEqual(33 * 5);
      const { held } = await tryLock(lockIn(home), 'look', new LinuxPlatform());
      expect(held).toBeDefined();
    },
  );
});

describe('waitForLock', () => {
  test('gets it as soon as it is free', async () => {
    await using home = await createTemporaryHome();
    const options = { processes: new FakePlatform(), timeout: 10_000, clock: new ManualClock() };
    const first = await waitForLock(lockIn(home), 'one', options);

    const waiting = waitForLock(lockIn(home), 'two', options);
    await expect.poll(() => options.clock.sleeping).toBe(1);
    await first.release();
    await options.clock.advance(200);

    await (await waiting).release();
    expect(await names(home)).toEqual([]);
  });

  test('gives up when the time is over', async () => {
    await using home = await createTemporaryHome();
    const options = { processes: new FakePlatform(), timeout: 0, clock: new ManualClock() };
    await waitForLock(lockIn(home), 'one', options);

    await expect(waitForLock(lockIn(home), 'two', options)).rejects.toMatchObject({
      name: 'TemporaryError',
      code: 'ERR_JETPACK_LOCKED',
    });
  });
});

describe('lockedError', () => {
  test('says who has it, since when and doing what', () => {
    const owner = {
      pid: 12,
      started: '',
      bootId: '',
      doing: 'converge',
      since: '2030-01-01T00:00:00.000Z',
    };

    expect(lockedError('converge', '/l', owner)).toMatchObject({
      code: 'ERR_JETPACK_LOCKED',
      message:
        'cannot converge: process 12 (converge, since 2030-01-01T00:00:00.000Z) holds the lock /l',
    });
    expect(lockedError('converge', '/l', undefined).message).toBe(
      'cannot converge: another process holds the lock /l',
    );
  });
});
