import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { readLastConverge } from '../../src/converge/journal.js';
import { createConvergeNode } from '../support/converge-node.js';

const firstMarker = '.run/demo/default/scripts/10-first.sh.run';

describe('a converge of a project with two specs', () => {
  it('runs the scripts in order, in their own folder, with the documented environment', async () => {
    await using node = await createConvergeNode();
    const { root, clusterInit, bin } = node.home;

    const result = await node.converge();

    expect(await node.said()).toEqual([
      'stage install',
      `first in ${clusterInit}/demo/default/scripts`,
      `project demo 1.0.0 at ${clusterInit}/demo`,
      `spec default at ${clusterInit}/demo/default`,
      `home ${root} ${root}`,
      `path ${bin}`,
      'python in scripts',
      'scheduler reads a=1',
      'stage activate',
    ]);
    expect(result).toMatchObject({
      specs: { assigned: 2, installed: 2 },
      scripts: { ran: 5, skipped: 0 },
      chef: 'skipped',
    });
  });

  it('runs nothing and fetches nothing the second time', async () => {
    await using node = await createConvergeNode();
    await node.converge();
    const saidBefore = await node.said();
    node.events.length = 0;

    const result = await node.converge();

    expect(result).toMatchObject({ specs: { installed: 0 }, scripts: { ran: 0, skipped: 5 } });
    expect(await node.said()).toEqual(saidBefore);
    expect(node.events.filter((event) => event.type === 'file-fetched')).toEqual([]);
  });

  it('runs a script again when its marker was deleted, and only that one', async () => {
    await using node = await createConvergeNode();
    await node.converge();
    await fs.rm(path.join(node.home.clusterInit, firstMarker));
    node.events.length = 0;

    const result = await node.converge();

    expect(result.scripts).toEqual({ ran: 1, skipped: 4 });
    const started = node.events.filter((event) => event.type === 'script-started');
    expect(started).toMatchObject([{ project: 'demo', spec: 'default', script: '10-first.sh' }]);
  });

  it('leaves a marker that says when a script ran and how long', async () => {
    await using node = await createConvergeNode();

    await node.converge();

    expect(JSON.parse(await node.installed(firstMarker))).toMatchObject({
      project: 'demo',
      version: '1.0.0',
      script: '10-first.sh',
      exitCode: 0,
      finished: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      duration: expect.any(Number),
    });
  });

  it('keeps the output of a script in its log', async () => {
    await using node = await createConvergeNode();

    await node.converge();

    const log = path.join(node.home.logs, 'cluster-init/demo/scheduler/scripts');
    const text = await fs.readFile(path.join(log, '10-uses-the-other-spec.sh.out'), 'utf8');
    expect(text).toBe('scheduler reads a=1\n');
  });

  it('runs the tests only when test mode is on, and then each time', async () => {
    await using node = await createConvergeNode();
    node.config.set('cyclecloud.test_mode', true);

    const first = await node.converge();
    const second = await node.converge();

    expect([first.scripts.ran, second.scripts.ran]).toEqual([6, 1]);
  });

  it('reports each step with its duration, and the outcome', async () => {
    await using node = await createConvergeNode();

    await node.converge();

    const steps = node.reports.map(({ phase, step, duration }) => [phase, step, typeof duration]);
    expect(steps).toEqual([
      ['converging', undefined, 'undefined'],
      ['converging', 'resolve', 'number'],
      ['converging', 'fetch', 'number'],
      ['converging', 'install', 'number'],
      ['converging', 'stages/install', 'number'],
      ['converging', 'scripts', 'number'],
      ['converging', 'stages/activate', 'number'],
      ['converged', undefined, 'number'],
    ]);
  });

  it('says afterwards that the node is converged', async () => {
    await using node = await createConvergeNode();

    const before = await readLastConverge(node.home);
    await node.converge();
    const after = await readLastConverge(node.home);

    expect(before).toBeUndefined();
    expect(after).toMatchObject({ state: 'converged', started: expect.any(String) });
    expect(after?.lastSuccess).toBe(after?.finished);
  });

  it('needs no locker when it is told to use what is installed', async () => {
    await using node = await createConvergeNode();
    await node.converge();
    await fs.rm(path.join(node.home.clusterInit, firstMarker));

    const result = await node.make({ locker: undefined }).converge({ sync: false });

    expect(result.scripts).toEqual({ ran: 1, skipped: 4 });
  });

  it('gives scripts the mode it was started with', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'scripts/a.sh', '#!/bin/sh\necho "mode $JETPACK_CONVERGE_MODE"\n');
    node.assign('p/1/s');

    await node.converge({ mode: 'maintenance' });

    expect(node.events).toContainEqual(
      expect.objectContaining({ type: 'output', text: 'mode maintenance' }),
    );
  });

  it('does nothing, and well, on a node without specs and without a locker', async () => {
    await using node = await createConvergeNode({ empty: true });

    const result = await node.make({ locker: undefined }).converge();

    expect(result).toMatchObject({ specs: { assigned: 0 }, scripts: { ran: 0 }, chef: 'skipped' });
  });
});

describe('a new version of a project', () => {
  it('replaces the installed spec, and does not run again what has run', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'scripts/a.sh', '#!/bin/sh\necho one\n');
    await node.put('p/1/s', 'files/gone.txt', 'old');
    await node.put('p/2/s', 'scripts/a.sh', '#!/bin/sh\necho two\n');
    await node.put('p/2/s', 'scripts/b.sh', '#!/bin/sh\necho new\n');
    node.assign('p/1/s');
    await node.converge();
    node.assign('p/2/s');

    const result = await node.converge();

    expect(result.scripts).toEqual({ ran: 1, skipped: 1 });
    expect(await node.installed('p/s/scripts/a.sh')).toContain('two');
    await expect(node.installed('p/s/files/gone.txt')).rejects.toThrow('ENOENT');
  });

  it('runs the stages of the new content', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'stages/install.sh', '#!/bin/sh\necho one\n');
    await node.put('p/2/s', 'stages/install.sh', '#!/bin/sh\necho two\n');
    node.assign('p/1/s');
    await node.converge();
    node.assign('p/2/s');

    const second = await node.converge();
    const third = await node.converge();

    expect([second.scripts.ran, third.scripts.ran]).toEqual([1, 0]);
  });

  it('leaves a spec alone whose files were only touched', async () => {
    await using node = await createConvergeNode();
    await node.converge();
    const touched = path.join(
      node.locker,
      'projects/demo/1.0.0/default/cluster-init/files/util.sh',
    );
    await fs.utimes(touched, new Date(), new Date(2031, 1, 1));
    const own = path.join(node.home.clusterInit, 'demo/default/own-state');
    await fs.writeFile(own, 'kept');

    const result = await node.converge();

    expect(result.specs.installed).toBe(0);
    expect(await fs.readFile(own, 'utf8')).toBe('kept');
  });
});
