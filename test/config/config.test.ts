import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { JsonNumber } from '../../src/internal/lossless-json.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { createTemporaryHome } from '../../src/testing/temporary-home.ts';
import { version } from '../../src/version.ts';
import { writePlainSource } from '../support/plain-source.ts';
import { createConfig, createMachine, ubuntu } from './given.ts';

describe('Config.get', () => {
  it('gives values as JavaScript has them', async () => {
    await using given = await createConfig({
      node: '{"s": " x ", "i": 7, "f": 1.50, "big": 12345678901234567890, "l": [1, {"a": null}], "n": null}',
    });
    const { config } = given;

    expect(await config.get('s')).toBe(' x ');
    expect(await config.get('i')).toBe(7);
    expect(await config.get('f')).toBe(1.5);
    expect(await config.get('big')).toBe(12345678901234567890n);
    expect(await config.get('l')).toEqual([1, { a: null }]);
    expect(await config.get('n', 'default')).toBeNull();
  });

  it('gives the default, or nothing, for what is absent', async () => {
    await using given = await createConfig({ node: {} });

    expect(await given.config.get('slurm.role', 'execute')).toBe('execute');
    expect(await given.config.get('slurm.role')).toBeUndefined();
    expect(await given.config.get('constructor')).toBeUndefined();
    expect(await given.config.has('__proto__')).toBe(false);
  });

  it('knows the types of well-known keys', async () => {
    await using given = await createConfig({ node: { cyclecloud: { cluster: { name: 'hpc1' } } } });

    const name: string | undefined = await given.config.get('cyclecloud.cluster.name');

    expect(name).toBe('hpc1');
  });

  it('takes a file that is not there for an empty one', async () => {
    await using given = await createConfig({});

    expect(await given.config.has('anything')).toBe(false);
  });
});

describe('Config.lookup', () => {
  it('keeps numbers as they were written', async () => {
    await using given = await createConfig({ node: '{"n": {"one": 1.0}}' });

    expect(await given.config.lookup('n.one')).toEqual({
      key: 'n.one',
      value: new JsonNumber('1.0'),
    });
  });

  it('lets configuration.json win over node.json, and both over all others', async () => {
    const machine = createMachine(ubuntu);
    await using given = await createConfig({
      machine,
      configuration: { a: { x: 'configuration' }, cyclecloud: { home: '/elsewhere' } },
      node: { a: { x: 'node', y: 'node' }, platform: 'mine' },
    });

    expect(await given.config.get('a')).toEqual({ x: 'configuration', y: 'node' });
    expect(await given.config.get('platform')).toBe('mine');
    expect(await given.config.get('cyclecloud.home')).toBe('/elsewhere');
    expect(await given.config.get('platform_version')).toBe('22.04');
  });

  it('adds to an object of the files what follows from the home', async () => {
    await using given = await createConfig({ node: { cyclecloud: { node: { name: 'n1' } } } });
    const { root } = given.home.home;

    expect(await given.config.get('cyclecloud')).toEqual({
      node: { name: 'n1' },
      home: root,
      bootstrap: path.join(root, 'system/bootstrap'),
      jetpack: { version },
    });
    expect(await given.config.get('jetpack.downloads')).toBe(
      path.join(root, 'system/chef/cache/jetpack/downloads'),
    );
  });

  it('takes roles and recipes from all run lists', async () => {
    await using given = await createConfig({
      node: {
        run_list: ['role[server]', 'recipe[a::b]', 'recipe[c@1.2.3]', 'plain', 'role[server]', 7],
        cyclecloud: {
          run_list: ['role[second]'],
          cluster_init_specs: [{ run_list: ['recipe[d]'] }, {}, 'odd'],
        },
      },
    });

    expect(await given.config.get('roles')).toEqual(['server', 'second']);
    expect(await given.config.get('recipes')).toEqual(['a::b', 'c', 'plain', 'd']);
  });

  it('leaves roles alone that the node has, and has none without a run list', async () => {
    await using own = await createConfig({ node: { roles: ['mine'], run_list: ['role[other]'] } });
    await using none = await createConfig({ node: { run_list: 'role[text]' } });

    expect(await own.config.get('roles')).toEqual(['mine']);
    expect(await none.config.has('roles')).toBe(false);
  });

  it('reads nothing of the machine for a leaf of the files, and only what a key needs for others', async () => {
    const machine = createMachine(ubuntu);
    await using given = await createConfig({ machine, node: { a: { b: 'x' }, memory: 'text' } });

    await given.config.get('a.b');
    await given.config.get('a.c');
    await given.config.get('memory.total');
    expect(machine.reads).toEqual([]);

    await given.config.get('platform_family');
    expect(machine.reads).toEqual(['/etc/os-release']);
  });

  it('loads no module of another source for a leaf of the files', async () => {
    await using home = await createTemporaryHome();
    await home.write('config/node.json', { a: 'x' });
    const parts = ['clock', 'errors', 'home', 'internal/fs-error', 'internal/json-file'];
    const code = path.join(home.home.root, 'code');
    await writePlainSource(code, [
      ...parts,
      'internal/lossless-json',
      'config/config',
      'config/lookup',
      'config/values',
      'config/sources/files',
    ]);
    const program = `
      import { Config } from '${code}/config/config.js';
      import { Home } from '${code}/home.js';
      console.log(await new Config({ home: new Home({ root: '${home.home.root}' }) }).get('a'));`;

    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });

    expect({ stdout, stderr }).toEqual({ stdout: 'x\n', stderr: '' });
  });

  it('reads each file once', async () => {
    await using given = await createConfig({ node: { a: 'before' } });

    await given.config.get('a');
    await given.home.write('config/node.json', '{ broken');

    expect(await given.config.get('a')).toBe('before');
    expect((await given.config.explain('a')).at(-1)).toMatchObject({ answer: 'value' });
  });
});

describe('Config.tree', () => {
  it('reads a file of the machine once, however many keys come from it', async () => {
    const machine = createMachine(ubuntu);
    await using given = await createConfig({ machine });

    await given.config.tree();

    expect(machine.reads.filter((file) => file === '/etc/os-release')).toHaveLength(1);
    expect(machine.reads).toHaveLength(new Set(machine.reads).size);
  });

  it('has everything, merged', async () => {
    const machine = createMachine({ ...ubuntu, '/proc/uptime': '93784.56 7.89\n' });
    await using given = await createConfig({
      machine,
      configuration: { cyclecloud: { a: 1 } },
      node: { cyclecloud: { a: 2, b: 3 }, platform: { odd: true } },
    });

    expect(await given.config.tree()).toMatchObject({
      cyclecloud: { a: new JsonNumber('1'), b: new JsonNumber('3'), home: given.home.home.root },
      platform: { odd: true },
      platform_family: 'debian',
      uptime: '1 day 02 hours 03 minutes 04 seconds',
      os: 'linux',
    });
  });
});

describe('Config.explain', () => {
  it('names each source that had to be asked, and the kind of its answer, never the answer', async () => {
    const clock = new ManualClock();
    await using given = await createConfig({
      clock,
      node: { password: 'hunter2', cyclecloud: {} },
    });
    const written = new Date(clock.now() - 5000);
    await fs.utimes(given.home.home.nodeFile, written, written);

    const leaf = await given.config.explain('password');
    const object = await given.config.explain('cyclecloud');

    const number: unknown = expect.any(Number);
    expect(leaf).toEqual([
      {
        source: 'configuration.json',
        answer: 'nothing',
        detail: '',
        duration: number,
        age: undefined,
      },
      { source: 'node.json', answer: 'value', detail: 'string', duration: number, age: 5000 },
    ]);
    expect(object.map(({ source, answer, detail }) => [source, answer, detail])).toEqual([
      ['configuration.json', 'nothing', ''],
      ['node.json', 'value', 'object with 0 keys'],
      ['derived', 'value', 'object with 3 keys'],
    ]);
    expect(JSON.stringify([leaf, object])).not.toContain('hunter2');
  });

  it('says which source failed and why', async () => {
    await using given = await createConfig({ node: '{' });
    const machine = createMachine({}, { read: async () => Promise.reject(new Error('gone')) });
    await using other = await createConfig({ machine });

    expect((await given.config.explain('x')).at(-1)).toMatchObject({
      source: 'node.json',
      answer: 'error',
      detail: expect.stringContaining('unexpected end, expected a key'),
    });
    expect((await other.config.explain('platform')).at(-1)).toMatchObject({
      source: 'system',
      answer: 'error',
      detail: 'cannot collect platform: gone',
    });
  });
});

describe('Config.nearest', () => {
  it.each([
    ['cyclecloud.cluster.nam', 'cyclecloud.cluster.name'],
    ['cluster.name', 'cyclecloud.cluster.name'],
    ['platfrom', 'platform'],
    ['nothing.like.that.at.all', undefined],
  ])('takes %s for %s', async (key, expected) => {
    await using given = await createConfig({ node: { cyclecloud: { cluster: { name: 'hpc1' } } } });

    expect(await given.config.nearest(key)).toBe(expected);
  });
});
