import fs from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { isTime, membersOf, readStateFile } from '../../src/internal/state-file.js';
import { createTemporaryHome } from '../../src/testing/index.js';

test.each([
  ['{"a":1}', { state: 'read', value: { a: 1 } }],
  ['null', { state: 'read', value: null }],
  ['', { state: 'damaged', why: 'it is empty' }],
  ['{"a":', { state: 'damaged', why: 'it is not JSON' }],
  ['\0\0\0', { state: 'damaged', why: 'it is not JSON' }],
])('the content %j is told as it is', async (content, expected) => {
  await using home = await createTemporaryHome();

  expect(await readStateFile(await home.write('f', content))).toEqual(expected);
});

test('a file that is not there is absent', async () => {
  expect(await readStateFile('/no/such/file')).toEqual({ state: 'absent' });
});

test('a file far too large is damaged and not read', async () => {
  await using home = await createTemporaryHome();
  const file = path.join(home.home.root, 'f');
  const handle = await fs.open(file, 'w');
  await handle.truncate(10 * 2 ** 30);
  await handle.close();

  expect(await readStateFile(file)).toMatchObject({ state: 'damaged' });
});

test('a folder in its place is an error that names it', async () => {
  await using home = await createTemporaryHome();

  await expect(readStateFile(home.home.root)).rejects.toMatchObject({
    code: 'ERR_JETPACK_BAD_CONFIG',
    path: home.home.root,
  });
});

test('members of prototype names are ordinary ones', () => {
  const members = membersOf(JSON.parse('{"__proto__": 1, "constructor": 2}'));

  expect([...members]).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
  ]);
  expect(membersOf({}).get('constructor')).toBeUndefined();
  expect([membersOf([1]), membersOf(null), membersOf('text')].map(({ size }) => size)).toEqual([
    0, 0, 0,
  ]);
});

test.each([
  [0, true],
  [-1, true],
  [8.64e15, true],
  [8.65e15, false],
  [NaN, false],
  [Infinity, false],
  ['1', false],
])('%s is a time: %s', (value, expected) => {
  expect(isTime(value)).toBe(expected);
});
