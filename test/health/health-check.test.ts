import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { HealthCheck } from '../../src/health/health-check.js';
import type { FakeProgram } from '../../src/testing/index.js';
import { hour, setUpHealth, verdictsOf } from '../support/health-world.js';

describe('a round', () => {
  test('runs each check once and tells what each exit code means', async () => {
    await using world = await setUpHealth({
      'a.sh': () => 0,
      'b.sh': () => 254,
      'c.sh': () => 1,
      'd.py': () => 137,
    });

    const round = await world.check.runOnce();

    expect(verdictsOf(round)).toEqual({
      'a.sh': 'healthy',
      'b.sh': 'unhealthy',
      'c.sh': 'unknown',
      'd.py': 'unknown',
    });
    expect(round.verdicts.map(({ exitCode }) => exitCode)).toEqual([0, 254, 1, 137]);
    expect(world.platform.commands).toHaveLength(4);
    expect(round.requested.map(({ check }) => check)).toEqual(['b.sh']);
    expect(round).toMatchObject({ heldBack: [], ignored: [], keepAlive: { state: 'inactive' } });
  });

  test('gives a verdict the words, the figures and the end of the output of its check', async () => {
    await using world = await setUpHealth({
      'gpu.sh': ({ write }) => {
        write('looking\n', 'stderr');
        write('{"message":"gpu 3 is gone","metrics":{"gpus":7}}\n');
        return 254;
      },
    });

    const { verdicts } = await world.check.runOnce();

    expect(verdicts).toEqual([
      {
        check: 'gpu.sh',
        verdict: 'unhealthy',
        exitCode: 254,
        message: 'gpu 3 is gone',
        metrics: { gpus: 7 },
        duration: 0,
        outputTail: 'looking\n{"message":"gpu 3 is gone","metrics":{"gpus":7}}\n',
      },
    ]);
    expect(world.sender.reports).toEqual([
      {
        kind: 'node.health',
        check: 'gpu.sh',
        verdict: 'unhealthy',
        exitCode: 254,
        message: 'gpu 3 is gone',
        outputTail: verdicts[0]?.outputTail,
      },
      {
        kind: 'node.terminate',
        check: 'gpu.sh',
        reason: 'gpu 3 is gone',
        outputTail: verdicts[0]?.outputTail,
      },
    ]);
  });

  test('names files that are no scripts, and does not run them', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 0 });
    for (const name of ['README.txt', '.hidden.sh'])
      await world.temporary.write(`config/healthcheck.d/${name}`, '');
    await fs.mkdir(path.join(world.home.healthChecks, 'folder'));

    const round = await world.check.runOnce();

    expect(round.ignored).toEqual(['.hidden.sh', 'README.txt', 'folder']);
    expect(verdictsOf(round)).toEqual({ 'a.sh': 'healthy' });
  });

  test('without checks knows nothing, and is no error', async () => {
    await using world = await setUpHealth();

    expect(await world.check.runOnce()).toMatchObject({
      verdicts: [],
      requested: [],
      heldBack: [],
    });
    expect(world.sender.reports).toEqual([]);
  });

  test('takes a check of any name', async () => {
    await using world = await setUpHealth({
      '__proto__.sh': () => 254,
      'constructor.sh': () => 0,
      'grüße €.sh': () => 0,
    });

    const first = await world.check.runOnce();
    const second = await world.next();

    expect(first.verdicts.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['__proto__.sh', 'unhealthy'],
      ['constructor.sh', 'healthy'],
      ['grüße €.sh', 'healthy'],
    ]);
    expect(first.requested).toHaveLength(1);
    expect(second.requested).toEqual([]);
  });

  test('runs checks side by side, at most as many as it may', async () => {
    let [running, most] = [0, 0];
    const busy: FakeProgram = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      running--;
      return 0;
    };
    await using world = await setUpHealth(
      Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`c${index}.sh`, busy])),
    );

    const round = await new HealthCheck({ ...world.options, concurrency: 3 }).runOnce();

    expect(round.verdicts).toHaveLength(9);
    expect(most).toBe(3);
  });

  test('gives up a check at its timeout, and names check and timeout', async () => {
    await using world = await setUpHealth(
      { 'hang.sh': async () => new Promise(() => undefined), 'a.sh': () => 0 },
      { timeout: 30 },
    );

    const running = world.check.runOnce();
    await vi.waitFor(() => {
      expect(world.clock.sleeping).toBe(1);
    });
    await world.clock.advance(30_000);
    const { verdicts, requested } = await running;

    expect(verdicts[1]).toMatchObject({
      check: 'hang.sh',
      verdict: 'unknown',
      message: expect.stringMatching(/hang\.sh.*30 s/),
      duration: 30_000,
    });
    expect(verdicts[1]).not.toHaveProperty('exitCode');
    expect(verdicts[0]?.verdict).toBe('healthy');
    expect(requested).toEqual([]);
  });

  test('runs a check in its own folder, with the home in its environment and the command on its PATH', async () => {
    await using world = await setUpHealth({
      'a.sh': ({ options, write }) => {
        const { PATH, JETPACK_HOME, CYCLECLOUD_HOME, OTHER } = options.env ?? {};
        write(
          JSON.stringify({
            message: [options.cwd, PATH, JETPACK_HOME, CYCLECLOUD_HOME, OTHER].join('|'),
          }),
        );
        return 0;
      },
    });

    const check = new HealthCheck({ ...world.options, env: { PATH: '/usr/bin', OTHER: 'x' } });
    const [verdict] = (await check.runOnce()).verdicts;

    const { root, bin, healthChecks } = world.home;
    expect(verdict?.message).toBe(`${healthChecks}|${bin}:/usr/bin|${root}|${root}|x`);
  });

  test('that is interrupted decides and remembers nothing', async () => {
    const controller = new AbortController();
    await using world = await setUpHealth({
      'a.sh': () => 254,
      'b.sh': async () => {
        controller.abort();
        return new Promise(() => undefined);
      },
    });

    await expect(world.check.runOnce({ signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_JETPACK_ABORTED',
    });

    expect(world.sender.reports).toEqual([]);
    expect(await fs.readdir(world.home.run)).toEqual([]);
  });

  test('does not run beside another one, and says who runs that', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 0 });

    const rounds = await Promise.allSettled([world.check.runOnce(), world.open().runOnce()]);

    expect(rounds.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(rounds.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        name: 'TemporaryError',
        code: 'ERR_JETPACK_LOCKED',
        message: expect.stringContaining(String(process.pid)),
      },
    });
    expect(world.platform.commands).toHaveLength(1);
  });

  test('with a setting that is none runs nothing', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254 }, { budget: 'many' });

    await expect(world.check.runOnce()).rejects.toMatchObject({ code: 'ERR_JETPACK_BAD_CONFIG' });
    expect(world.platform.commands).toEqual([]);
  });

  test('with a file where the folder of the checks should be is an error that names it', async () => {
    await using world = await setUpHealth();
    const file = await world.temporary.write('config/healthcheck.d', '');

    await expect(world.check.runOnce()).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
      path: file,
    });
  });
});

describe('the memory of a node', () => {
  test('tells what each check said last', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 0, 'b.sh': () => 254 });
    expect(await world.check.status()).toEqual([]);

    await world.next();

    const time = world.clock.now();
    expect(await world.open().status()).toEqual([
      { check: 'a.sh', verdict: 'healthy', message: 'healthy', time },
      {
        check: 'b.sh',
        verdict: 'unhealthy',
        message: 'unhealthy, the check gives no reason',
        time,
      },
    ]);
  });

  test.each([
    '',
    '{"requests":[],"checks":[{"check',
    'null',
    '{"requests":{},"checks":[]}',
    '{"requests":["x"],"checks":[]}',
    '{"requests":[],"checks":[{"check":"a.sh"}]}',
    '{"requests":[],"checks":[{"check":"a.sh","message":"","history":{"results":[{"time":1,"verdict":"fine"}],"failures":0,"requested":false}}]}',
  ])('that is damaged (%j) is set aside, told and begun anew', async (content) => {
    await using world = await setUpHealth({ 'a.sh': () => 0 });
    await world.temporary.write('run/health.json', content);

    const round = await world.check.runOnce();

    expect(verdictsOf(round)).toEqual({ 'a.sh': 'healthy' });
    expect(await world.temporary.read('run/health.json.damaged')).toBe(content);
    expect(world.sender.reports[0]).toMatchObject({
      kind: 'log',
      level: 'warn',
      message: expect.stringContaining('health.json.damaged'),
    });
    expect(await world.check.status()).toHaveLength(1);
  });

  test('forgets a check that was taken away a week ago', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 0, 'b.sh': () => 0 });
    await world.next();
    await fs.rm(path.join(world.home.healthChecks, 'b.sh'));

    await world.clock.advance(6 * 24 * hour);
    await world.next();
    const before = await world.check.status();
    await world.clock.advance(24 * hour);
    await world.next();

    expect(before.map(({ check }) => check)).toEqual(['b.sh', 'a.sh'].toSorted());
    expect((await world.check.status()).map(({ check }) => check)).toEqual(['a.sh']);
  });

  test('that cannot be written asks for nothing', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254 });
    await world.temporary.write('run', 'a file where the folder should be');

    await expect(world.check.runOnce()).rejects.toMatchObject({ code: 'ERR_JETPACK_CANNOT_WRITE' });
    expect(world.sender.reports).toEqual([]);
  });
});
