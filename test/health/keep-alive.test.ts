import fs from 'node:fs/promises';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { systemClock } from '../../src/clock.js';
import { JetpackError } from '../../src/errors.js';
import { KeepAlive } from '../../src/health/keep-alive.js';
import { readLease, remainingOf } from '../../src/health/lease.js';
import type { Lease } from '../../src/health/lease.js';
import { LinuxPlatform } from '../../src/platforms/linux.js';
import { FakePlatform, ManualClock, createTemporaryHome } from '../../src/testing/index.js';
import { RecordingSender } from '../support/recording-sender.js';

const hour = 3_600_000;
const year = 8760 * hour;
const start = Date.UTC(2030, 0, 1);

async function setUp() {
  const temporary = await createTemporaryHome();
  const [sender, platform, clock] = [
    new RecordingSender(),
    new FakePlatform(),
    new ManualClock(start),
  ];
  const open = (user = 'alice'): KeepAlive =>
    new KeepAlive({ home: temporary.home, sender, platform, clock, user: () => user });
  return {
    temporary,
    sender,
    platform,
    clock,
    open,
    keepAlive: open(),
    [Symbol.asyncDispose]: temporary[Symbol.asyncDispose],
  };
}

describe('a keepalive', () => {
  test('is inactive until somebody asks for it', async () => {
    await using world = await setUp();

    expect(await world.keepAlive.status()).toEqual({ state: 'inactive' });
    expect(await fs.readdir(world.temporary.home.root)).toEqual([]);
  });

  test('holds for its time, tells who, when, why and until, and the server too', async () => {
    await using world = await setUp();

    const state = await world.keepAlive.set(hour, { reason: 'debugging' });
    await world.clock.advance(hour - 1);
    const late = await world.keepAlive.status();
    await world.clock.advance(1);
    const over = await world.keepAlive.status();

    const shared = {
      state: 'active',
      until: start + hour,
      since: start,
      by: 'alice',
      reason: 'debugging',
    };
    expect(state).toEqual({ ...shared, remaining: hour });
    expect(late).toEqual({ ...shared, remaining: 1 });
    expect(over).toEqual({ state: 'inactive' });
    expect(world.sender.reports).toEqual([
      {
        kind: 'node.keepalive',
        state: 'active',
        until: '2030-01-01T01:00:00.000Z',
        by: 'alice',
        reason: 'debugging',
      },
    ]);
  });

  test('for ever has no end', async () => {
    await using world = await setUp();

    await world.keepAlive.set('forever');
    await world.clock.advance(10 * year);

    expect(await world.keepAlive.status()).toMatchObject({ until: 'forever', remaining: Infinity });
    expect(world.sender.reports).toEqual([
      { kind: 'node.keepalive', state: 'active', until: 'forever', by: 'alice' },
    ]);
  });

  test('survives the process that asked', async () => {
    await using world = await setUp();
    await world.keepAlive.set(hour);

    expect(await world.open().status()).toMatchObject({ state: 'active', by: 'alice' });
  });

  test.each([
    ['the same', hour],
    ['a shorter', 60_000],
  ])('is not changed by %s wish, which the server does not hear of', async (_which, wish) => {
    await using world = await setUp();
    const first = await world.keepAlive.set(hour);

    expect(await world.open('bob').set(wish)).toEqual(first);
    expect(world.sender.reports).toHaveLength(1);
  });

  test('is extended by a longer wish, also by one that is longer only by now', async () => {
    await using world = await setUp();
    await world.keepAlive.set(hour);
    await world.clock.advance(60_000);

    const state = await world.open('bob').set(hour);

    expect(state).toMatchObject({ remaining: hour, since: start + 60_000, by: 'bob' });
    expect(world.sender.reports).toHaveLength(2);
  });

  test('for ever is not shortened by anything', async () => {
    await using world = await setUp();
    await world.keepAlive.set('forever');

    expect(await world.keepAlive.set(3650 * 24 * hour)).toMatchObject({ until: 'forever' });
  });

  test('ends when it is cancelled, of which the server hears once', async () => {
    await using world = await setUp();
    await world.keepAlive.set('forever');
    world.sender.takeKinds();

    expect(await world.open('bob').cancel()).toEqual({ state: 'inactive' });
    expect(await world.keepAlive.cancel()).toEqual({ state: 'inactive' });

    expect(await world.keepAlive.status()).toEqual({ state: 'inactive' });
    expect(world.sender.reports).toEqual([
      { kind: 'node.keepalive', state: 'cancelled', by: 'bob' },
    ]);
  });

  test.each([0, -1, NaN, Infinity, 3651 * 24 * hour])(
    'of %s milliseconds is refused',
    async (duration) => {
      await using world = await setUp();

      await expect(world.keepAlive.set(duration)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_JETPACK_USAGE',
      });
      expect(world.sender.reports).toEqual([]);
    },
  );

  test('with a reason that is a file is refused', async () => {
    await using world = await setUp();

    await expect(world.keepAlive.set(hour, { reason: 'x'.repeat(1025) })).rejects.toMatchObject({
      code: 'ERR_JETPACK_USAGE',
    });
  });

  test('keeps a reason with any characters', async () => {
    await using world = await setUp();
    const reason = 'line\n"quoted" \0 grüße __proto__';

    await world.keepAlive.set(hour, { reason });

    expect(await world.open().status()).toMatchObject({ reason });
  });

  test('holds although its report failed, and says that it failed', async () => {
    await using world = await setUp();
    const failure = new JetpackError('ERR_JETPACK_OUTBOX_FULL', 'the outbox is full');
    world.sender.failures.set('node.keepalive', failure);

    await expect(world.keepAlive.set(hour)).rejects.toBe(failure);
    expect(await world.keepAlive.status()).toMatchObject({ state: 'active' });
  });

  test('of many wishes at once is the longest', async () => {
    await using world = await setUp();
    const wishes = [5, 3, 9, 1, 7].map((hours) => hours * hour);

    const states = await Promise.all(wishes.map(async (wish) => world.keepAlive.set(wish)));

    expect(await world.keepAlive.status()).toMatchObject({ remaining: 9 * hour });
    expect(
      states.every(
        (state, index) => state.state === 'active' && state.remaining >= (wishes[index] ?? 0),
      ),
    ).toBe(true);
  });

  test('of many writers at once is the longest', async () => {
    await using temporary = await createTemporaryHome();
    const platform = new LinuxPlatform();
    const wishes = [5, 3, 9, 1, 7, 2, 8].map((hours) => hours * hour);
    const writer = (): KeepAlive =>
      new KeepAlive({
        home: temporary.home,
        sender: new RecordingSender(),
        platform,
        clock: systemClock,
      });

    await Promise.all(wishes.map(async (wish) => writer().set(wish)));

    const state = await writer().status();
    expect(state).toMatchObject({ state: 'active', remaining: expect.closeTo(9 * hour, -4) });
    expect(await fs.readdir(temporary.home.run)).toEqual(['keepalive.json']);
  });

  test('that cannot be written says so and changes nothing', async () => {
    await using world = await setUp();
    await world.temporary.write('run', 'a file where the folder should be');

    await expect(world.keepAlive.set(hour)).rejects.toMatchObject({
      code: 'ERR_JETPACK_CANNOT_WRITE',
    });
    expect(world.sender.reports).toEqual([]);
  });
});

describe('a clock that jumps', () => {
  test.each([year, -year])('by %d ms does not touch a keepalive of this boot', async (jump) => {
    await using world = await setUp();
    await world.keepAlive.set(2 * hour);

    world.clock.jump(jump);
    await world.clock.advance(hour);

    expect(await world.keepAlive.status()).toMatchObject({
      remaining: hour,
      until: start + jump + 2 * hour,
    });
    await world.clock.advance(hour);
    expect(await world.keepAlive.status()).toEqual({ state: 'inactive' });
  });

  test('does not matter to a keepalive that outlives a reboot as the wall clock says', async () => {
    await using world = await setUp();
    await world.keepAlive.set(2 * hour);

    await world.clock.advance(hour);
    world.platform.reboot();
    world.clock.reboot();

    expect(await world.keepAlive.status()).toMatchObject({ remaining: hour });
  });

  test('back over a reboot gives no more than was asked for', async () => {
    await using world = await setUp();
    await world.keepAlive.set(2 * hour);

    world.platform.reboot();
    world.clock.reboot();
    world.clock.jump(-year);

    expect(await world.keepAlive.status()).toMatchObject({ remaining: 2 * hour });
  });

  test('forward over a reboot ends it only as long as the clock is wrong', async () => {
    await using world = await setUp();
    await world.keepAlive.set(2 * hour);

    world.platform.reboot();
    world.clock.reboot();
    world.clock.jump(year);
    const wrong = await world.keepAlive.status();
    world.clock.jump(-year);

    expect(wrong).toEqual({ state: 'inactive' });
    expect(await world.keepAlive.status()).toMatchObject({ remaining: 2 * hour });
  });

  test('never makes a lease longer than it was, nor its rest negative', () => {
    const lease = fc.record({
      duration: fc.integer({ min: 1, max: year }),
      since: fc.integer({ min: 0, max: start }),
      uptime: fc.integer({ min: 0, max: year }),
      bootId: fc.constantFrom('a', 'b'),
      by: fc.constant('alice'),
    });
    fc.assert(
      fc.property(
        lease,
        fc.integer({ min: 0, max: 2 * start }),
        fc.nat(year),
        (given, now, uptime) => {
          const remaining = remainingOf(given, { now: () => now, uptime: () => uptime }, 'a');

          expect(remaining).toBeGreaterThanOrEqual(0);
          expect(remaining).toBeLessThanOrEqual(given.duration);
        },
      ),
    );
  });
});

describe('a damaged record', () => {
  test.each([
    '',
    '{"duration":36',
    'null',
    '[]',
    '{}',
    '{"duration":-1,"since":0,"uptime":0,"bootId":"","by":""}',
    '{"duration":1,"since":1e300,"uptime":0,"bootId":"","by":""}',
  ])('%j counts as a keepalive, and says that it is damaged', async (content) => {
    await using world = await setUp();
    await world.temporary.write('run/keepalive.json', content);

    expect(await world.keepAlive.status()).toMatchObject({
      state: 'active',
      until: 'forever',
      by: 'unknown',
      problem: expect.stringContaining('keepalive.json'),
    });
  });

  test('is mended by the next wish, however short', async () => {
    await using world = await setUp();
    await world.temporary.write('run/keepalive.json', 'garbage');

    await world.keepAlive.set(60_000);

    const state = await world.keepAlive.status();
    expect(state).toMatchObject({ remaining: 60_000, by: 'alice' });
    expect(state).not.toHaveProperty('problem');
  });

  test('is mended by a cancel, of which the server hears', async () => {
    await using world = await setUp();
    await world.temporary.write('run/keepalive.json', 'garbage');

    await world.keepAlive.cancel();

    expect(await world.keepAlive.status()).toEqual({ state: 'inactive' });
    expect(world.sender.takeKinds()).toEqual(['node.keepalive']);
  });

  test('that cannot even be read is an error', async () => {
    await using world = await setUp();
    await fs.mkdir(world.temporary.home.keepAliveFile, { recursive: true });

    await expect(world.keepAlive.status()).rejects.toMatchObject({
      code: 'ERR_JETPACK_BAD_CONFIG',
    });
  });

  test('is never taken for a lease, and a lease always for one', () => {
    const lease = fc.record<Lease>({
      duration: fc.oneof(fc.constant('forever' as const), fc.integer({ min: 1, max: year })),
      since: fc.integer({ min: 0, max: start }),
      uptime: fc.nat(),
      bootId: fc.string(),
      by: fc.string(),
      reason: fc.string(),
    });
    fc.assert(
      fc.property(lease, fc.jsonValue(), (given, other) => {
        expect(readLease(JSON.parse(JSON.stringify(given)))).toEqual(given);
        expect(readLease(other)).toBeUndefined();
      }),
    );
  });
});
