import { expect, test } from 'vitest';

import { findOnPath } from '../../src/platforms/find-program.js';

const programs = new Set(['/b/tool', '/c/tool', '/opt/tool']);
const isProgram = (file: string): boolean => programs.has(file);

test.each([
  ['the first match', 'tool', ['/a', '/b', '/c'], '/b/tool'],
  ['nothing when there is no match', 'other', ['/a', '/b'], undefined],
  ['a name with a separator as it is', '/opt/tool', ['/b'], '/opt/tool'],
  ['nothing for a name with a separator that is none', '/a/tool', ['/b'], undefined],
  ['no empty folder for the present one', 'tool', ['', ''], undefined],
] as const)('finds %s', (...row) => {
  const [, name, folders, expected] = row;

  expect(findOnPath(name, folders, isProgram)).toBe(expected);
});
