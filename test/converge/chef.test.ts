import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { readLastConverge } from '../../src/converge/journal.js';
import { createConvergeNode, type ConvergeNode } from '../support/converge-node.js';

const client = path.resolve('test/fixtures/converge/chef-client');
const nowhere = { env: { PATH: '/usr/bin:/bin' } };

async function nodeWithChef(exitCode = 0): Promise<ConvergeNode> {
  const node = await createConvergeNode();
  node.config.set('cyclecloud.chef.client', client);
  node.config.set('run_list', ['recipe[demo]']);
  await fs.mkdir(node.home.chef, { recursive: true });
  await fs.writeFile(path.join(node.home.chef, 'chef-exit'), String(exitCode));
  return node;
}

describe('Chef', () => {
  it('is left out with a plain word when the run list is empty', async () => {
    await using node = await createConvergeNode();

    await node.converge();

    expect(node.events).toContainEqual({ type: 'chef-skipped', why: 'the run list is empty' });
  });

  it('is left out when cyclecloud.enable_chef is false', async () => {
    await using node = await nodeWithChef();
    node.config.set('cyclecloud.enable_chef', false);

    const result = await node.converge();

    expect(result.chef).toBe('skipped');
  });

  it('is left out when only cluster-init was asked for', async () => {
    await using node = await nodeWithChef(1);

    const result = await node.converge({ clusterInitOnly: true });

    expect(result).toMatchObject({ chef: 'skipped', scripts: { ran: 5 } });
  });

  it('is an error that says how to get a client when there is a run list and none', async () => {
    await using node = await createConvergeNode();
    node.config.set('run_list', ['recipe[demo]']);

    const converging = node.make(nowhere).converge();

    await expect(converging).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_CONVERGE',
      hint: expect.stringContaining('install chef-client or cinc-client'),
    });
  });

  it('is left out with a plain word when there is no client and none is required', async () => {
    await using node = await createConvergeNode();
    node.config.set('run_list', ['recipe[demo]']);
    node.config.set('cyclecloud.chef.required', false);

    const result = await node
      .make(nowhere)
      .converge({ onProgress: (event) => node.events.push(event) });

    expect(result).toMatchObject({ chef: 'skipped', scripts: { ran: 5 } });
    expect(node.events).toContainEqual(
      expect.objectContaining({
        type: 'chef-skipped',
        why: expect.stringContaining('no Chef client is installed'),
      }),
    );
  });

  it('is given the merged run list, the attributes and all its paths', async () => {
    await using node = await nodeWithChef();
    const manifest = path.join(node.locker, 'projects/demo/1.0.0/manifest.json');
    await fs.writeFile(
      manifest,
      JSON.stringify({ specs: { scheduler: { run_list: ['role[s]'] } } }),
    );
    await fs.mkdir(path.dirname(node.home.nodeFile), { recursive: true });
    await fs.writeFile(node.home.nodeFile, JSON.stringify({ cyclecloud: { secret: 1 } }));

    await node.converge();

    const attributes = path.join(node.home.chef, 'attributes.json');
    expect(JSON.parse(await fs.readFile(attributes, 'utf8'))).toEqual({
      cyclecloud: { secret: 1 },
      run_list: ['recipe[demo]', 'role[s]'],
    });
    expect((await fs.stat(attributes)).mode & 0o777).toBe(0o600);
    const clientRb = await fs.readFile(path.join(node.home.chef, 'client.rb'), 'utf8');
    expect(clientRb).toContain(`node_path '${node.home.chef}/nodes'`);
    const log = await fs.readFile(path.join(node.home.logs, 'chef-client.log'), 'utf8');
    expect(log).toContain('local yes, unforked yes');
  });

  it('puts the cookbooks cyclecloud and cluster_init around the others', async () => {
    await using node = await nodeWithChef();
    for (const name of ['cyclecloud', 'cluster_init']) {
      const folder = `projects/demo/1.0.0/default/chef/site-cookbooks/${name}`;
      await fs.mkdir(path.join(node.locker, folder), { recursive: true });
      await fs.writeFile(path.join(node.locker, folder, 'metadata.rb'), `name '${name}'\n`);
    }

    const plan = await node.converger.plan();
    await node.converge();

    const runList = ['recipe[cyclecloud]', 'recipe[demo]', 'recipe[cluster_init]'];
    expect(plan.steps).toContainEqual(expect.objectContaining({ action: 'chef', client, runList }));
    expect(node.events).toContainEqual({ type: 'chef-started', client, runList });
  });

  it.each([
    [1, 'had an error: EACCES'],
    [3, 'before it began'],
    [41, 'a reboot was asked for and failed'],
    [43, 'its configuration is broken'],
    [172, 'its licence is not accepted'],
    [213, 'it has upgraded itself'],
    [99, 'the reason is in its output'],
  ])('fails the converge with its exit code %i in words', async (exitCode, words) => {
    await using node = await nodeWithChef(exitCode);

    await expect(node.converge()).rejects.toMatchObject({
      code: 'ERR_JETPACK_CONVERGE',
      exitCode,
      message: expect.stringContaining(words),
    });
    expect(node.reports.at(-1)).toMatchObject({
      phase: 'failed',
      step: 'chef',
      failure: { script: 'chef', exitCode, outputTail: expect.stringContaining('Starting Chef') },
    });
    expect(await node.said()).toEqual([]);
  });

  it('that asks for a reboot now ends the converge before the scripts, which go on after it', async () => {
    await using node = await nodeWithChef(35);

    const first = await node.converge();
    const between = await readLastConverge(node.home);
    await fs.writeFile(path.join(node.home.chef, 'chef-exit'), '0');
    const second = await node.converge();

    expect(first).toMatchObject({ reboot: 'now', scripts: { ran: 0 } });
    expect(between).toMatchObject({ state: 'interrupted', reboot: 'now' });
    expect(second).toMatchObject({ chef: 'ran', scripts: { ran: 5 } });
  });

  it('that was done before an interruption is not run again by the converge that continues', async () => {
    await using node = await nodeWithChef();
    const controller = new AbortController();
    const interrupted = node.converger.converge({
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'script-started') controller.abort();
      },
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });

    const continued = await node.converge();
    const afterwards = await node.converge();

    expect([continued.chef, afterwards.chef]).toEqual(['skipped', 'ran']);
  });

  it('that has a reboot pending lets the scripts run', async () => {
    await using node = await nodeWithChef(37);

    const result = await node.converge();

    expect(result).toMatchObject({ reboot: 'pending', chef: 'ran', scripts: { ran: 5 } });
  });

  it('is interrupted with SIGINT, which is all that it obeys', async () => {
    await using node = await nodeWithChef();
    await fs.writeFile(path.join(node.home.chef, 'chef-hangs'), '');
    const controller = new AbortController();

    const converging = node.converger.converge({
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'chef-output' && event.text === 'waiting') controller.abort();
      },
    });

    await expect(converging).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
    const log = await fs.readFile(path.join(node.home.logs, 'chef-client.log'), 'utf8');
    expect(log).toContain('interrupted');
  });

  it('reads the cookbooks of all specs, and the last spec wins', async () => {
    await using node = await createConvergeNode();
    const put = async (spec: string, file: string, text: string): Promise<void> => {
      const full = path.join(node.locker, `projects/demo/1.0.0/${spec}/chef`, file);
      await fs.mkdir(path.dirname(full), { recursive: true });
      await fs.writeFile(full, text);
    };
    await put('default', 'site-cookbooks/demo/only-here.rb', '');
    await put('default', 'roles/a.json', 'default');
    await put('default', 'roles/b.json', 'default');
    await put('scheduler', 'roles/b.json', 'scheduler');

    await node.converge();

    const repo = path.join(node.home.chef, 'chef-repo');
    const cookbook = await fs.readdir(path.join(repo, 'site-cookbooks/demo'));
    expect(cookbook.toSorted()).toEqual(['metadata.rb', 'recipes']);
    expect(await fs.readFile(path.join(repo, 'roles/a.json'), 'utf8')).toBe('default');
    expect(await fs.readFile(path.join(repo, 'roles/b.json'), 'utf8')).toBe('scheduler');
  });
});
