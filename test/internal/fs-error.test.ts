import { describe, expect, test } from 'vitest';

import { UsageError } from '../../src/errors.js';
import { errnoOf, fsReason, readError, writeError } from '../../src/internal/fs-error.js';

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: from the system, open '/x'`), { code });
}

describe('errnoOf', () => {
  test.each([
    [errno('ENOENT'), 'ENOENT'],
    [new Error('plain'), undefined],
    [Object.assign(new Error('numeric'), { code: 5 }), undefined],
    [{ code: 'ENOENT' }, undefined],
    [null, undefined],
  ])('of %s is %s', (error, expected) => {
    expect(errnoOf(error)).toBe(expected);
  });
});

describe('fsReason', () => {
  test('says in words what it knows, by its code what it does not', () => {
    expect(fsReason(errno('ENOSPC'))).toBe('no space left on the disk');
    expect(fsReason(errno('ESTALE'))).toBe('ESTALE');
    expect(fsReason(errno('constructor'))).toBe('constructor');
    expect(fsReason('words')).toBe('words');
  });
});

describe('writeError', () => {
  test.each([
    ['EACCES', 'ERR_JETPACK_PERMISSION'],
    ['EPERM', 'ERR_JETPACK_PERMISSION'],
    ['ENOSPC', 'ERR_JETPACK_CANNOT_WRITE'],
    ['EROFS', 'ERR_JETPACK_CANNOT_WRITE'],
    ['EIO', 'ERR_JETPACK_CANNOT_WRITE'],
  ])('of %s has the code %s, the file and the cause', (code, expected) => {
    const cause = errno(code);

    const error = writeError(cause, '/some/file');

    expect(error).toMatchObject({
      name: 'JetpackError',
      code: expected,
      path: '/some/file',
      cause,
    });
    expect(error.message).toContain('cannot write /some/file: ');
  });

  test('tells the group only to those who were refused', () => {
    expect(writeError(errno('EACCES'), '/f').hint).toContain('cyclecloud');
    expect(writeError(errno('ENOSPC'), '/f').hint).toBeUndefined();
  });
});

describe('readError', () => {
  test.each([
    ['EACCES', 'ERR_JETPACK_PERMISSION'],
    ['ENOENT', 'ERR_JETPACK_NOT_FOUND'],
    ['EISDIR', 'ERR_JETPACK_BAD_CONFIG'],
  ])('of %s has the code %s', (code, expected) => {
    expect(readError(errno(code), '/some/file')).toMatchObject({
      code: expected,
      path: '/some/file',
    });
  });
});

test.each([writeError, readError])('$name passes an error of ours unchanged', (wrap) => {
  const error = new UsageError('wrong');

  expect(wrap(error, '/f')).toBe(error);
});
