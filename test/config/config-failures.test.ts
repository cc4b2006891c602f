import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Machine } from '../../src/config/sources/system/machine.ts';
import type { JetpackError } from '../../src/errors.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { createTemporaryHome } from '../../src/testing/temporary-home.ts';
import { writePlainSource } from '../support/plain-source.ts';
import { createConfig, createMachine, ubuntu } from './given.ts';

describe('Config and damaged files', () => {
  it.each([
    ['node.json', { node: '{"secret": "hunter2"', configuration: { a: 'x' } }],
    ['configuration.json', { configuration: '["hunter2"]', node: { a: 'x' } }],
  ])('never hides that %s is broken, whatever is asked for', async (name, content) => {
    await using given = await createConfig(content);
    const file = path.join(given.home.home.root, 'config', name);
    const shape = { name: 'JetpackError', code: 'ERR_JETPACK_BAD_CONFIG', path: file };
    const { config } = given;

    for (const answer of [
      config.get('a'),
      config.get('nothing', 'default'),
      config.get('cyclecloud.home'),
      config.has('platform'),
      config.tree(),
      config.nearest('b'),
    ]) {
      await expect(answer).rejects.toMatchObject(shape);
      await expect(answer).rejects.toThrow(expect.not.stringContaining('hunter2'));
      await expect(answer).rejects.toThrow(/: .+ at line 1, column \d+$/);
    }
  });

  it.runIf(process.getuid?.() === 0)('names the group to one who may not read', async () => {
    await using home = await createTemporaryHome();
    await home.write('config/node.json', { a: 'x' });
    await fs.chmod(path.join(home.home.root, 'config/node.json'), 0o600);
    await fs.chmod(home.home.root, 0o755);
    const code = path.join(home.home.root, 'code');
    await writePlainSource(code, [
      'errors',
      'internal/fs-error',
      'internal/json-file',
      'internal/lossless-json',
    ]);
    const program = `
      import { readJsonFile } from '${code}/internal/json-file.js';
      try { readJsonFile('${home.home.root}/config/node.json') } catch ({ code, hint }) { console.log(code, hint) }`;

    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      uid: 65534,
      gid: 65534,
      cwd: '/',
    });

    expect(stdout).toMatch(/^ERR_JETPACK_PERMISSION .*group cyclecloud\n$/);
  });
});

const throwing: Machine['read'] = async (file) => {
  if (file === '/proc/meminfo') throw new Error('input/output error');
  return ubuntu[file];
};

const hanging: Machine['read'] = async (file) =>
  file === '/proc/meminfo' ? new Promise(() => {}) : ubuntu[file];

describe('Config and collectors that fail', () => {
  it('loses the keys of one that throws, and tells of it', async () => {
    const errors: JetpackError[] = [];
    const machine = createMachine({}, { read: throwing });
    await using given = await createConfig({ machine, onError: (error) => errors.push(error) });

    expect(await given.config.get('memory.total', 'none')).toBe('none');
    expect(errors).toMatchObject([
      { code: 'ERR_JETPACK_NOT_FOUND', message: 'cannot collect memory: input/output error' },
    ]);
    const tree = await given.config.tree();
    expect(tree).toMatchObject({ platform: 'ubuntu' });
    expect(tree).not.toHaveProperty('memory');
  });

  it('waits for one that hangs no longer than its deadline, and for others not at all', async () => {
    const clock = new ManualClock();
    const errors: JetpackError[] = [];
    const machine = createMachine({}, { read: hanging });
    await using given = await createConfig({
      machine,
      clock,
      onError: (error) => errors.push(error),
    });

    expect(await given.config.get('platform')).toBe('ubuntu');
    const whole = given.config.tree();
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(1999);
    expect(errors).toEqual([]);
    await clock.advance(1);

    expect(await whole).toMatchObject({ platform: 'ubuntu' });
    expect(errors).toMatchObject([{ name: 'TemporaryError', code: 'ERR_JETPACK_TIMEOUT' }]);
  });
});
