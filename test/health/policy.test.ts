import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Verdict } from '../../src/health/check.js';
import type { KeepAliveState } from '../../src/health/keep-alive.js';
import {
  decide,
  emptyHistory,
  isFlapping,
  recentRequests,
  record,
} from '../../src/health/policy.js';
import type { CheckHistory, HealthPolicy } from '../../src/health/policy.js';

const hour = 3_600_000;
const start = Date.UTC(2030, 0, 1);
const policy: HealthPolicy = { failures: 1, budget: 3 };
const inactive: KeepAliveState = { state: 'inactive' };
const active: KeepAliveState = {
  state: 'active',
  until: start + hour,
  remaining: hour,
  since: start,
  by: 'alice',
  reason: 'looking at it',
};

const letters: Readonly<Record<string, Verdict>> = { h: 'healthy', u: 'unhealthy', '?': 'unknown' };

/** `hu?` is a healthy, an unhealthy and an unknown result, ten minutes apart. */
function historyOf(results: string, requested = false): CheckHistory {
  const verdicts = results.split('').map((letter) => letters[letter] ?? 'unknown');
  const history = verdicts.reduce(
    (before, verdict, index) => record(before, verdict, start + index * 600_000),
    emptyHistory,
  );
  return { ...history, requested };
}

describe('decide', () => {
  test.each([
    ['no result yet', '', {}, 'none'],
    ['a healthy result', 'h', {}, 'none'],
    ['an unknown result', '?', {}, 'none'],
    ['an unhealthy result', 'u', {}, 'request'],
    ['an unhealthy result after unknown ones', '??u', {}, 'request'],
    ['a second one when the first had its request', 'uu', { requested: true }, 'none'],
    ['fewer in a row than are needed', 'uu', { policy: { failures: 3, budget: 3 } }, 'threshold'],
    ['as many in a row as are needed', 'uuu', { policy: { failures: 3, budget: 3 } }, 'request'],
    [
      'a row that a healthy result has broken',
      'uuhuu',
      { policy: { failures: 3, budget: 3 } },
      'threshold',
    ],
    [
      'a row that an unknown result has broken',
      'uu?uu',
      { policy: { failures: 3, budget: 3 } },
      'threshold',
    ],
    ['a keepalive', 'u', { keepAlive: active }, 'keepalive'],
    ['a budget that is used up', 'u', { requests: [start, start, start] }, 'budget'],
    [
      'a budget that was used up a day ago',
      'u',
      { requests: [start - 24 * hour, start, start] },
      'request',
    ],
    ['no budget at all', 'u', { policy: { failures: 1, budget: 0 } }, 'budget'],
    ['a check that flaps', 'hu'.repeat(10), {}, 'flapping'],
    ['a check that flapped and then stayed', `${'hu'.repeat(5)}${'u'.repeat(15)}`, {}, 'request'],
  ] as const)('after %s', (...row) => {
    const [, results, given, expected] = row;
    const { requested, ...rest } = { requested: false, ...given };
    const situation = { requests: [], keepAlive: inactive, policy, now: start, ...rest };

    const decision = decide({ ...situation, history: historyOf(results, requested) });

    expect(decision.action === 'hold' ? decision.cause : decision.action).toBe(expected);
    expect(decision.why).not.toBe('');
  });

  test('says who keeps the node alive, until when and why', () => {
    const situation = { history: historyOf('u'), requests: [], policy, now: start };

    expect(decide({ ...situation, keepAlive: active }).why).toBe(
      'alice keeps the node alive until 2030-01-01T01:00:00.000Z: looking at it',
    );
    expect(decide({ ...situation, keepAlive: { ...active, problem: 'it is damaged' } }).why).toBe(
      'it is damaged',
    );
  });
});

describe('isFlapping', () => {
  test.each([
    ['hu'.repeat(9), false, 'before 20 runs'],
    ['hu'.repeat(10), true, 'when it changes every time'],
    [`${'hu'.repeat(5)}${'h'.repeat(10)}`, true, 'at 10 changes in 19 steps'],
    [`${'hu'.repeat(5)}${'u'.repeat(10)}`, false, 'at 9 changes in 19 steps'],
    ['h'.repeat(20), false, 'when it never changes'],
    ['u?'.repeat(10), true, 'when it does not know its own mind'],
  ])('of %s is %s: %s', (results, expected) => {
    expect(isFlapping(historyOf(results))).toBe(expected);
  });
});

describe('recentRequests', () => {
  test('forgets those of a day ago and counts those of the future from now on', () => {
    const requests = [start - 25 * hour, start - 24 * hour, start - 1, start + 8760 * hour];

    expect(recentRequests(requests, start)).toEqual([start - 1, start]);
  });
});

interface Step {
  readonly verdict: Verdict;
  readonly minutes: number;
  readonly isKept: boolean;
}

interface Played {
  readonly step: Step;
  readonly action: string;
  readonly now: number;
}

/** Plays a life of one check through record and decide, as the rounds do. */
function play(steps: readonly Step[], given: HealthPolicy): Played[] {
  let history = emptyHistory;
  let requests: number[] = [];
  let now = start;
  return steps.map((step) => {
    now += step.minutes * 60_000;
    history = record(history, step.verdict, now);
    const keepAlive = step.isKept ? active : inactive;
    const { action } = decide({ history, requests, keepAlive, policy: given, now });
    if (action === 'request') {
      requests = [...recentRequests(requests, now), now];
      history = { ...history, requested: true };
    }
    return { step, action, now };
  });
}

const lives = fc.array(
  fc.record({
    verdict: fc.constantFrom<Verdict>('healthy', 'unhealthy', 'unhealthy', 'unknown'),
    minutes: fc.integer({ min: 1, max: 300 }),
    isKept: fc.boolean(),
  }),
  { maxLength: 120 },
);
const policies = fc.record({
  failures: fc.integer({ min: 1, max: 4 }),
  budget: fc.integer({ min: 0, max: 4 }),
});

describe('whatever happens to a check', () => {
  test('it asks for nothing during a keepalive, and only when it is unhealthy', () => {
    fc.assert(
      fc.property(lives, policies, (steps, given) => {
        const asked = play(steps, given).filter(({ action }) => action === 'request');

        expect(asked.filter(({ step }) => step.isKept || step.verdict !== 'unhealthy')).toEqual([]);
      }),
    );
  });

  test('it never asks more often in 24 hours than the budget allows', () => {
    fc.assert(
      fc.property(lives, policies, (steps, given) => {
        const times = play(steps, given).flatMap(({ action, now }) =>
          action === 'request' ? [now] : [],
        );

        const most = times.map(
          (end) => times.filter((time) => time > end - 24 * hour && time <= end).length,
        );
        expect(Math.max(0, ...most)).toBeLessThanOrEqual(given.budget);
      }),
    );
  });

  test('it asks once at most between two healthy results', () => {
    fc.assert(
      fc.property(lives, policies, (steps, given) => {
        const text = play(steps, given)
          .map(({ step, action }) =>
            step.verdict === 'healthy' ? '|' : action === 'request' ? 'R' : '.',
          )
          .join('');

        expect(text).not.toMatch(/R[^|]*R/);
      }),
    );
  });

  test('it asks only after as many unhealthy results in a row as are needed', () => {
    fc.assert(
      fc.property(lives, policies, (steps, given) => {
        const played = play(steps, given);
        const rows = played.flatMap(({ action }, index) =>
          action === 'request' ? [steps.slice(index + 1 - given.failures, index + 1)] : [],
        );

        expect(rows.filter((row) => row.some(({ verdict }) => verdict !== 'unhealthy'))).toEqual(
          [],
        );
      }),
    );
  });

  test('it does ask when it stays unhealthy, nobody keeps the node, and there is a budget', () => {
    fc.assert(
      fc.property(lives, policies, (steps, given) => {
        const end: Step = { verdict: 'unhealthy', minutes: 24 * 60, isKept: false };
        const before = play([...steps, { ...end, verdict: 'healthy' }], {
          ...given,
          budget: 3,
        }).length;

        const played = play(
          [...steps, { ...end, verdict: 'healthy' }, ...Array.from({ length: 24 }, () => end)],
          { ...given, budget: 3 },
        );

        expect(played.slice(before).filter(({ action }) => action === 'request')).toHaveLength(1);
      }),
    );
  });

  test('its history stays small', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const history = steps.reduce(
          (before, { verdict }, index) => record(before, verdict, index),
          emptyHistory,
        );

        expect(history.results.length).toBeLessThanOrEqual(20);
        expect(history.results).toEqual(
          steps.map(({ verdict }, time) => ({ time, verdict })).slice(-20),
        );
      }),
    );
  });
});
