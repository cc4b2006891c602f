import fs from 'node:fs/promises';
import path from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { makePlan, type PlanInputs } from '../../src/converge/plan.js';
import { createConvergeNode } from '../support/converge-node.js';

describe('the plan', () => {
  it('of a fresh node says what would be fetched, installed and run, in that order', async () => {
    await using node = await createConvergeNode();

    const plan = await node.converger.plan();

    const steps = plan.steps.map((step) =>
      'script' in step ? `${step.action} ${step.spec} ${step.script}` : step.action,
    );
    expect(steps.filter((step) => step !== 'fetch')).toEqual([
      'install',
      'install',
      'install-cookbooks',
      'skip-chef',
      'run-script default install.sh',
      'run-script default 10-first.sh',
      'run-script default 20-python.py',
      'run-script scheduler 10-uses-the-other-spec.sh',
      'run-script default activate.sh',
    ]);
    expect(plan.steps).toContainEqual({
      action: 'fetch',
      project: 'demo',
      version: '1.0.0',
      spec: 'scheduler',
      path: 'cluster-init/files/settings.txt',
      size: 3,
      why: 'it is not in the cache',
    });
  });

  it('changes nothing', async () => {
    await using node = await createConvergeNode();
    const before = await fs.readdir(node.home.root, { recursive: true });

    await node.converger.plan();

    expect(await fs.readdir(node.home.root, { recursive: true })).toEqual(before);
    expect(node.reports).toEqual([]);
  });

  it('is what the converge then does', async () => {
    await using node = await createConvergeNode();
    await node.put('demo/1.0.0/default', 'scripts/without-extension', '#!/bin/sh\necho x\n');
    const plan = await node.converger.plan();

    await node.converge();

    const planned = plan.steps.flatMap((step) =>
      step.action === 'run-script' ? [step.script] : [],
    );
    const ran = node.events.flatMap((event) =>
      event.type === 'script-started' ? [event.script] : [],
    );
    expect(ran).toEqual(planned);
    const fetches = plan.steps.filter((step) => step.action === 'fetch');
    expect(node.events.filter((event) => event.type === 'file-fetched')).toHaveLength(
      fetches.length,
    );
  });

  it('of a converged node keeps and skips, and says why', async () => {
    await using node = await createConvergeNode();
    await node.converge();

    const plan = await node.converger.plan();

    expect(new Set(plan.steps.map((step) => step.action))).toEqual(
      new Set(['keep', 'skip-chef', 'skip-script']),
    );
    expect(plan.steps.every((step) => step.why !== '')).toBe(true);
  });

  it('is plain data', () => {
    const name = fc.record({
      project: fc.string(),
      spec: fc.string(),
      folder: fc.constantFrom('scripts', 'stages', 'tests'),
      script: fc.string(),
    });
    const spec = fc.record({
      assigned: fc.record({
        project: fc.string(),
        version: fc.string(),
        spec: fc.string(),
        runList: fc.array(fc.string()),
      }),
      missing: fc.array(fc.record({ relative: fc.string(), size: fc.nat() })),
      install: fc.boolean(),
      why: fc.string(),
      scripts: fc.option(
        fc.array(fc.record({ name, done: fc.option(fc.string(), { nil: undefined }) })),
        {
          nil: undefined,
        },
      ),
    });
    const inputs: fc.Arbitrary<PlanInputs> = fc.record({
      specs: fc.array(spec),
      cookbooks: fc.option(fc.string(), { nil: undefined }),
      chef: fc.record({
        client: fc.option(fc.string(), { nil: undefined }),
        runList: fc.array(fc.string()),
        skip: fc.option(fc.string(), { nil: undefined }),
      }),
      testMode: fc.boolean(),
    });

    fc.assert(
      fc.property(inputs, (given) => {
        const plan = makePlan(given);

        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        expect(makePlan(given)).toEqual(plan);
      }),
    );
  });
});

describe('an archive', () => {
  it('is installed as its files would be, and its scripts are found then', async () => {
    await using node = await createConvergeNode();
    const spec = path.join(node.locker, 'projects/demo/1.0.0/default');
    const tar = await import('tar');
    await tar.create({ file: path.join(spec, 'cluster-init.tgz'), gzip: true, cwd: spec }, [
      'cluster-init',
    ]);
    await fs.rm(path.join(spec, 'cluster-init'), { recursive: true });

    const plan = await node.converger.plan();
    const result = await node.converge();

    expect(plan.steps).toContainEqual(expect.objectContaining({ action: 'find-scripts' }));
    expect(result.scripts.ran).toBe(5);
    expect(await node.installed('demo/default/files/util.sh')).toContain('say()');
  });

  it('of cookbooks is merged as its files would be', async () => {
    await using node = await createConvergeNode();
    const chef = path.join(node.locker, 'projects/demo/1.0.0/scheduler/chef');
    const tar = await import('tar');
    const file = path.join(chef, 'site-cookbooks.tgz');
    await tar.create({ file, gzip: true, cwd: path.join(chef, 'site-cookbooks') }, ['demo']);
    await fs.rm(path.join(chef, 'site-cookbooks'), { recursive: true });

    await node.converge();

    const recipe = path.join(node.home.chef, 'chef-repo/site-cookbooks/demo/recipes/default.rb');
    expect(await fs.readFile(recipe, 'utf8')).toContain('motd');
  });
});
