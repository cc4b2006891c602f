import { inspect } from 'node:util';

import { expect, test } from 'vitest';

import { JetpackError, TemporaryError, UsageError } from '../src/errors.js';

test('an error carries its code, its facts and its cause', () => {
  const cause = new Error('from below');

  const error = new JetpackError('ERR_JETPACK_CONVERGE', 'a.sh failed', {
    cause,
    hint: 'read its log',
    path: '/a.sh',
    exitCode: 3,
  });

  expect(error).toMatchObject({
    name: 'JetpackError',
    code: 'ERR_JETPACK_CONVERGE',
    message: 'a.sh failed',
    hint: 'read its log',
    path: '/a.sh',
    exitCode: 3,
    cause,
  });
});

test('an error without a cause has no such property', () => {
  expect('cause' in new JetpackError('ERR_JETPACK_BUG', 'x')).toBe(false);
});

test('a temporary and a usage error are told apart by name and are both errors of ours', () => {
  const errors = [new TemporaryError('ERR_JETPACK_LOCKED', 'held'), new UsageError('wrong')];

  expect(errors.map(({ name, code }) => ({ name, code }))).toEqual([
    { name: 'TemporaryError', code: 'ERR_JETPACK_LOCKED' },
    { name: 'UsageError', code: 'ERR_JETPACK_USAGE' },
  ]);
  expect(errors.every((error) => error instanceof JetpackError)).toBe(true);
});

test('a printed error begins with its name and message', () => {
  expect(inspect(new UsageError('wrong words'))).toMatch(/^UsageError: wrong words\n/);
});
