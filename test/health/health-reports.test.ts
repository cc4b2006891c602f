import { describe, expect, test, vi } from 'vitest';

import { JetpackError } from '../../src/errors.js';
import { HealthCheck } from '../../src/health/health-check.js';
import { hour, minute, setUpHealth } from '../support/health-world.js';

describe('what the server hears', () => {
  test('is a verdict when it changes, the first one included', async () => {
    let code = 0;
    await using world = await setUpHealth({ 'a.sh': () => code });
    const kinds: string[][] = [];

    for (code of [0, 0, 254, 254, 0, 0]) {
      await world.next();
      kinds.push(world.sender.takeKinds());
    }

    expect(kinds).toEqual([
      ['node.health'],
      [],
      ['node.health', 'node.terminate'],
      [],
      ['node.health'],
      [],
    ]);
  });

  test('is that a check does not work, at once and then every hour', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 3 });
    const logs: number[] = [];

    for (let round = 0; round < 14; round++) {
      await world.next();
      if (world.sender.takeKinds().includes('log')) logs.push(round);
    }

    expect(logs).toEqual([0, 6, 12]);
  });

  test('is an unknown check again when the wall clock was set back', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 3 });
    await world.next();
    world.sender.takeKinds();

    world.clock.jump(-365 * 24 * hour);
    await world.next();
    await world.next();

    expect(world.sender.takeKinds()).toEqual(['log']);
  });

  test('is an unknown check again when it has worked in between', async () => {
    let code = 3;
    await using world = await setUpHealth({ 'a.sh': () => code });

    for (code of [3, 0, 3]) await world.next();

    expect(world.sender.takeKinds()).toEqual([
      'node.health',
      'log',
      'node.health',
      'node.health',
      'log',
    ]);
  });

  test('is that a check cannot be started, and why', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 0 });
    world.platform.programs.clear();

    const { verdicts } = await world.check.runOnce();

    expect(verdicts).toMatchObject([
      { verdict: 'unknown', message: expect.stringMatching(/^cannot run .*a\.sh: no such file/) },
    ]);
    expect(world.sender.reports[1]).toMatchObject({
      kind: 'log',
      level: 'warn',
      message: expect.stringContaining('cannot run'),
    });
  });

  test('is once that a check flaps, which then asks for nothing', async () => {
    let code = 0;
    await using world = await setUpHealth({ 'a.sh': () => code }, { budget: 1000 });
    const reports: string[] = [];
    const held: number[] = [];

    for (let round = 0; round < 30; round++) {
      code = round % 2 === 0 ? 0 : 254;
      const { heldBack } = await world.next();
      if (heldBack.length > 0) held.push(round);
      reports.push(
        ...world.sender.reports
          .splice(0)
          .filter(({ kind }) => kind === 'log')
          .map((report) => JSON.stringify(report)),
      );
    }

    expect(held).toEqual([19, 21, 23, 25, 27, 29]);
    expect(reports.filter((text) => text.includes('it flaps'))).toHaveLength(1);
  });

  test('is never lost: what could not be said is said in the next round', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254, 'b.sh': () => 0 });
    const failure = new JetpackError('ERR_JETPACK_OUTBOX_FULL', 'the outbox is full');
    world.sender.failures.set('node.terminate', failure);

    await expect(world.check.runOnce()).rejects.toBe(failure);
    const before = world.sender.reports.splice(0);
    world.sender.failures.clear();
    const round = await world.next();

    expect(before).toMatchObject([
      { kind: 'node.health', check: 'a.sh' },
      { kind: 'node.health', check: 'b.sh' },
    ]);
    expect(round.requested).toHaveLength(1);
    expect(world.sender.takeKinds()).toEqual(['node.health', 'node.terminate']);
  });
});

describe('a request to end the node', () => {
  test('is sent once an incident, also over a restart', async () => {
    let code = 254;
    await using world = await setUpHealth({ 'a.sh': () => code });
    const asked: number[] = [];

    for (const [index, next] of [254, 254, 3, 254, 0, 254].entries()) {
      code = next;
      await world.clock.advance(10 * minute);
      const { requested } = await world.open().runOnce();
      if (requested.length > 0) asked.push(index);
    }

    expect(asked).toEqual([0, 5]);
  });

  test('waits for as many unhealthy results in a row as the setting says', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254 }, { failures: 3 });

    const rounds = [await world.next(), await world.next(), await world.next()];

    expect(rounds.map(({ requested }) => requested.length)).toEqual([0, 0, 1]);
    expect(rounds[0]?.heldBack).toMatchObject([
      { check: 'a.sh', why: 'unhealthy once, 3 are needed' },
    ]);
  });

  test('is held back by a keepalive, said so once, and sent by the next 254 after its end', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254 });
    await world.keepAlive.set(hour, { reason: 'debugging' });
    world.sender.takeKinds();

    const rounds = [await world.next(), await world.next()];
    const said = world.sender.reports.splice(0);
    await world.clock.advance(hour);
    const after = await world.next();

    expect(rounds.map(({ requested }) => requested)).toEqual([[], []]);
    expect(rounds[1]).toMatchObject({
      keepAlive: { state: 'active', by: 'alice' },
      heldBack: [{ check: 'a.sh', why: expect.stringContaining('debugging') }],
    });
    expect(said).toMatchObject([
      { kind: 'node.health' },
      { kind: 'log', level: 'warn', message: expect.stringContaining('held back: alice keeps') },
    ]);
    expect(after.requested).toHaveLength(1);
    expect(world.sender.takeKinds()).toEqual(['node.terminate']);
  });

  test('is held back by a keepalive that cannot be read', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254 });
    const keepAlive = {
      status: async () =>
        Promise.reject(new JetpackError('ERR_JETPACK_PERMISSION', 'cannot read it')),
    };

    const round = await new HealthCheck({ ...world.options, keepAlive }).runOnce();

    expect(round).toMatchObject({
      requested: [],
      heldBack: [{ why: 'cannot read it' }],
      keepAlive: { state: 'active', problem: 'cannot read it' },
    });
  });

  test('is held back when the budget of the day is used up, and sent a day later', async () => {
    await using world = await setUpHealth(
      { 'a.sh': () => 254, 'b.sh': () => 254, 'c.sh': () => 254 },
      { budget: 2 },
    );

    const first = await world.next();
    await world.clock.advance(23 * hour);
    const second = await world.next();
    await world.clock.advance(hour);
    const third = await world.next();

    expect(first.requested.map(({ check }) => check)).toEqual(['a.sh', 'b.sh']);
    expect(first.heldBack).toMatchObject([
      { check: 'c.sh', why: '2 of 2 requests a day are used up' },
    ]);
    expect([second.requested, second.heldBack.length]).toEqual([[], 1]);
    expect(third.requested.map(({ check }) => check)).toEqual(['c.sh']);
  });

  test('is not blocked for longer than a day by a clock that was set back a year', async () => {
    let code = 254;
    await using world = await setUpHealth({ 'a.sh': () => code }, { budget: 1 });
    await world.next();
    world.clock.jump(-365 * 24 * hour);

    code = 0;
    await world.next();
    code = 254;
    const held = await world.next();
    await world.clock.advance(24 * hour);
    const sent = await world.next();

    expect([held.requested.length, sent.requested.length]).toEqual([0, 1]);
  });

  test('is charged before it is sent, so that one who dies in between never exceeds the budget', async () => {
    await using world = await setUpHealth({ 'a.sh': () => 254 }, { budget: 1 });
    let charged: unknown;
    vi.spyOn(world.sender, 'report').mockImplementation(async (report) => {
      if (report.kind === 'node.terminate')
        charged = JSON.parse(await world.temporary.read('run/health.json'));
      return { messageId: '', delivered: false };
    });

    await world.check.runOnce();

    expect(charged).toMatchObject({ requests: [world.clock.now()], checks: [] });
  });
});
