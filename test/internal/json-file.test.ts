import fs from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { readJsonFile } from '../../src/internal/json-file.ts';
import { createTemporaryHome } from '../../src/testing/temporary-home.ts';

describe('readJsonFile', () => {
  it('has nothing to say where there is no file', async () => {
    await using home = await createTemporaryHome();

    expect(readJsonFile(`${home.home.root}/absent.json`)).toBeUndefined();
  });

  it.each([
    ['{"password": "hunter2" oops', "expected ',' or '}' at line 1, column 24"],
    ['', 'unexpected end, expected a value at line 1, column 1'],
    ['["hunter2"]', 'expected an object at line 1, column 1'],
    ['null', 'expected an object at line 1, column 1'],
    [new Uint8Array([0x7b, 0xff]), 'expected UTF-8 at line 1, column 2'],
  ])('names file, line and column of what is damaged, and no value: %s', async (content, why) => {
    await using home = await createTemporaryHome();
    const file = await home.write('config/node.json', content);

    expect(() => readJsonFile(file)).toThrow(
      expect.objectContaining({
        name: 'JetpackError',
        code: 'ERR_JETPACK_BAD_CONFIG',
        path: file,
        message: `cannot read ${file}: ${why}`,
      }),
    );
  });

  it('says so when the name is a folder', async () => {
    await using home = await createTemporaryHome();
    const file = `${home.home.root}/node.json`;
    await fs.mkdir(file);

    expect(() => readJsonFile(file)).toThrow(
      expect.objectContaining({ name: 'JetpackError', code: 'ERR_JETPACK_BAD_CONFIG' }),
    );
  });
});
