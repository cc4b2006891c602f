import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { readLastConverge } from '../../src/converge/journal.js';
import { demoProject, demoSpecs, createConvergeNode } from '../support/converge-node.js';
import { writePlainSource } from '../support/plain-source.js';

const program = path.resolve('test/fixtures/converge/converge-child.mjs');
const kills = 12;

/** Everything the child needs, as plain JavaScript beside the home. */
async function writeSource(folder: string): Promise<void> {
  const parts = [
    'clock',
    'errors',
    'home',
    'locker',
    'platform',
    'transport',
    'messaging/messages',
  ];
  for (const name of ['converge', 'internal', 'lockers', 'platforms']) {
    for (const file of await fs.readdir(path.resolve('src', name))) {
      if (file.endsWith('.ts')) parts.push(`${name}/${file.slice(0, -3)}`);
    }
  }
  await writePlainSource(folder, parts);
  await fs.symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
}

/** The files below a folder with their modes and contents, our own records aside. */
async function treeOf(folder: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.jetpack.json');
  const tree: Record<string, string> = {};
  for (const entry of files) {
    const file = path.join(entry.parentPath, entry.name);
    const { mode } = await fs.stat(file);
    const isMarker = file.endsWith('.run');
    const content = isMarker ? 'a marker' : await fs.readFile(file, 'utf8');
    tree[path.relative(folder, file)] = `${mode.toString(8)} ${content}`;
  }
  return tree;
}

describe('a converge that is killed at any moment', () => {
  it('ends, when it is run again, in the same tree, and runs no script again that left its marker', async () => {
    await using undisturbed = await createConvergeNode();
    await undisturbed.converge();
    await using node = await createConvergeNode();
    const source = path.join(node.home.root, 'source');
    await writeSource(source);
    const args = [program, source, node.home.root, demoProject, JSON.stringify(demoSpecs)];
    const interrupted: unknown[] = [];

    for (let index = 0; index < kills; index++) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      const timer = setTimeout(() => child.kill('SIGKILL'), 90 + index * 25 + Math.random() * 25);
      const [, signal]: unknown[] = await once(child, 'exit');
      clearTimeout(timer);
      interrupted.push(signal);
      if (signal === null) break;
    }
    const markers = await treeOf(path.join(node.home.clusterInit, '.run')).catch(() => ({}));
    const before = await node.said();
    await node.converge();

    expect(interrupted).toContain('SIGKILL');
    expect(await treeOf(node.home.clusterInit)).toEqual(await treeOf(undisturbed.home.clusterInit));
    expect(await treeOf(node.home.chef)).toEqual(await treeOf(undisturbed.home.chef));
    expect(await readLastConverge(node.home)).toMatchObject({ state: 'converged' });
    const after = (await node.said()).slice(before.length);
    const ranAgain = Object.keys(markers).filter((marker) =>
      after.some((line) => line.includes(path.basename(marker, '.sh.run').replace('10-', ''))),
    );
    expect(ranAgain).toEqual([]);
  }, 30_000);

  it('in the middle of a swap gets the old spec back, and then the new one', async () => {
    await using node = await createConvergeNode();
    await node.converge();
    const target = path.join(node.home.clusterInit, 'demo/default');
    const old = path.join(node.home.clusterInit, '.old/demo/default');
    await fs.mkdir(path.dirname(old), { recursive: true });
    await fs.rename(target, old);
    await fs.mkdir(path.join(node.home.clusterInit, '.new/demo/default/scripts'), {
      recursive: true,
    });

    const result = await node.converge();

    expect(result).toMatchObject({ specs: { installed: 0 }, scripts: { ran: 0 } });
    expect(await node.installed('demo/default/files/util.sh')).toContain('say()');
    expect((await fs.readdir(node.home.clusterInit)).toSorted()).toEqual(['.run', 'demo']);
  });
});

describe('what a killed converge had half written', () => {
  it('is gone after the next one, and nothing else is', async () => {
    await using node = await createConvergeNode();
    await node.converge();
    const { clusterInit, cache, run } = node.home;
    const left = [
      path.join(clusterInit, '.run/demo/default/scripts/.10-first.sh.run.123.4.tmp'),
      path.join(clusterInit, 'demo/default/..jetpack.json.123.4.tmp'),
      path.join(cache, 'content/.123.4.tmp'),
      path.join(run, 'converge/.journal.json.123.4.tmp'),
    ];
    const own = path.join(clusterInit, 'demo/default/of-a-script.tmp');
    for (const file of [...left, own]) await fs.writeFile(file, 'half');

    await node.converge();

    const there = await Promise.all(left.map(async (file) => fs.stat(file).catch(() => undefined)));
    expect(there).toEqual([undefined, undefined, undefined, undefined]);
    expect(await fs.readFile(own, 'utf8')).toBe('half');
  });
});

describe('the journal', () => {
  it('of a process that is gone says that the converge was interrupted', async () => {
    await using node = await createConvergeNode();
    const child = spawn('/bin/true');
    await once(child, 'exit');
    const journal = path.join(node.home.run, 'converge/journal.json');
    await fs.mkdir(path.dirname(journal), { recursive: true });
    const owner = { pid: child.pid, started: '1', bootId: 'b' };
    const entry = {
      state: 'running',
      started: '2030-01-01T00:00:00.000Z',
      step: 'chef',
      owner,
      done: [],
    };
    await fs.writeFile(journal, JSON.stringify(entry));

    expect(await readLastConverge(node.home)).toEqual({
      state: 'interrupted',
      started: '2030-01-01T00:00:00.000Z',
      step: 'chef',
    });
    expect(await node.converger.plan()).toMatchObject({ resumes: { step: 'chef' } });
  });

  it('that somebody has broken counts as none', async () => {
    await using node = await createConvergeNode();
    const journal = path.join(node.home.run, 'converge/journal.json');
    await fs.mkdir(path.dirname(journal), { recursive: true });
    await fs.writeFile(journal, '{"state": "run');

    expect(await readLastConverge(node.home)).toBeUndefined();
    expect(await node.converge()).toMatchObject({ scripts: { ran: 5 } });
  });
});
