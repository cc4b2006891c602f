import { describe, expect, test, vi } from 'vitest';

import { FakePlatform, ManualClock } from '../../src/testing/index.js';

const command = { file: '/checks/a.sh', args: [] };

describe('FakePlatform', () => {
  test('runs a function for a program, found by full path before base name', async () => {
    const platform = new FakePlatform({ programs: { 'a.sh': () => 1, '/checks/a.sh': () => 2 } });

    expect(await platform.run(command)).toMatchObject({ exitCode: 2, endedBy: undefined });
    expect(await platform.run({ file: '/other/a.sh', args: [] })).toMatchObject({ exitCode: 1 });
    expect(platform.commands).toHaveLength(2);
  });

  test('rejects as a real one does when there is no such program', async () => {
    await expect(new FakePlatform().run(command)).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_NOT_FOUND',
      path: '/checks/a.sh',
    });
  });

  test('ends a program when its clock reaches the timeout, and tells it', async () => {
    const clock = new ManualClock();
    let seen: AbortSignal | undefined;
    const platform = new FakePlatform({
      clock,
      programs: {
        'a.sh': async ({ signal }) => {
          seen = signal;
          return new Promise(() => undefined);
        },
      },
    });

    const running = platform.run(command, { timeout: 1000 });
    await vi.waitFor(() => {
      expect(clock.sleeping).toBe(1);
    });
    await clock.advance(1000);

    expect(await running).toEqual({ exitCode: 143, endedBy: 'timeout', duration: 1000 });
    expect(seen?.aborted).toBe(true);
  });

  test('leaves nobody asleep after a run that was in time', async () => {
    const clock = new ManualClock();
    const platform = new FakePlatform({ clock, programs: { 'a.sh': () => 0 } });

    await platform.run(command, { timeout: 1000 });

    expect(clock.sleeping).toBe(0);
  });

  test('ends a program by its signal, before, during or at the start', async () => {
    const controller = new AbortController();
    const platform = new FakePlatform({
      programs: {
        'a.sh': async () => {
          controller.abort();
          return new Promise(() => undefined);
        },
      },
    });

    expect(await platform.run(command, { signal: controller.signal })).toMatchObject({
      endedBy: 'abort',
    });
    expect(await platform.run(command, { signal: controller.signal })).toMatchObject({
      exitCode: 130,
      endedBy: 'abort',
    });
    expect(platform.commands).toHaveLength(1);
  });

  test('has processes that begin and end, and forgets them at a reboot', () => {
    const platform = new FakePlatform();
    const before = platform.identify();

    platform.setProcess(7, 'noon');
    expect(platform.identify(7)).toEqual({ pid: 7, started: 'noon', bootId: 'boot-1' });
    platform.setProcess(7, undefined);
    expect(platform.identify(7)).toBeUndefined();
    platform.reboot();

    expect(platform.identify()).not.toEqual(before);
    expect(platform.bootId()).toBe('boot-2');
  });

  test('tells scripts by their names', async () => {
    const platform = new FakePlatform({ programs: { check: () => 0 } });
    const names = ['a.sh', 'a.py', 'check', '.a.sh', 'README.txt'];

    const commands = await Promise.all(
      names.map(async (name) => platform.scriptCommand(`/d/${name}`)),
    );

    expect(commands.map((one) => one?.file)).toEqual([
      '/d/a.sh',
      '/d/a.py',
      '/d/check',
      undefined,
      undefined,
    ]);
  });
});
