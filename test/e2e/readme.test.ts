import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { inject, describe, expect, it } from 'vitest';

import { uploadProject } from '../../scripts/upload-project.mjs';
import { createNode } from '../support/shell.ts';
import type { Node } from '../support/shell.ts';

const readme = await fs.readFile('README.md', 'utf8');

/** The fenced blocks of one language; the language of an untagged block is the empty string. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, tag, text]) =>
    tag === language && text !== undefined ? [text] : [],
  );
}

/** A node that was assigned the demo project. */
async function createAssignedNode(): Promise<Node> {
  const node = await createNode();
  const locker = path.join(node.home.root, 'locker');
  const { name, version, specs } = uploadProject('examples/demo-project', locker);
  await node.write('config/connection.json', { locker: { url: `file://${locker}` } });
  await node.write('config/node.json', {
    cyclecloud: {
      cluster: { name: 'hpc1' },
      node: { name: 'execute-1', id: 'a1' },
      chef: { required: false },
      cluster_init_specs: specs.map((spec: string) => ({ project: name, version, spec })),
    },
    demo: { scratch: path.join(node.home.root, 'scratch') },
  });
  return node;
}

describe('README', () => {
  it('promises two commands at the top, which the CI run executes as they stand', async () => {
    const [first = ''] = blocks('');
    const ci = await fs.readFile('.ci/run', 'utf8');

    const commands = first
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s*#.*/, ''));

    expect(commands).toEqual(['npm install && npm run demo', 'npm install && npm test']);
    for (const command of commands) expect(ci).toContain(command);
  });

  it('has only kinds of blocks that are tested here', () => {
    const tags = [...readme.matchAll(/^```(\w+)$/gm)].map(([, tag]) => tag);

    expect(new Set(tags)).toEqual(new Set(['js', 'sh', 'json']));
  });

  it(
    'shows shell lines that all work, in their order, on one node',
    { timeout: 120_000 },
    async () => {
      await using node = await createAssignedNode();

      const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
      const failures = [];
      for (const line of lines) {
        const { code, err } = await node.bash(`set -o pipefail; ${line}`);
        if (code !== 0) failures.push({ line, code, err });
      }

      expect(lines.length).toBeGreaterThan(15);
      expect(failures).toEqual([]);
    },
  );

  it('shows a program that runs', async () => {
    await using node = await createAssignedNode();
    const [program = ''] = blocks('js');
    const file = path.join(inject('installed'), 'readme.mjs');
    await fs.writeFile(file, program);

    const { code, err } = await node.bash(`node ${file}`);

    expect({ code, err }).toMatchObject({ code: 0 });
    expect(await node.read('logs/messages.jsonl')).toContain('hpc1: 3 scripts run');
  });

  it('shows a plugin that receives', async () => {
    await using node = await createAssignedNode();
    const [, program = ''] = blocks('js');
    const file = path.join(inject('installed'), 'plugin.mjs');
    await fs.writeFile(file, program);

    const { out } = await node.bash(
      `timeout 10 node ${file} & for i in 1 2 3 4; do jetpack log --level error "seen $i"; sleep 0.5; done; kill $!; wait`,
    );

    expect(out).toContain('seen 4');
  });

  it('shows a connection.json that is one', async () => {
    await using node = await createNode();
    const [connection = ''] = blocks('json');
    await node.write('config/connection.json', connection);

    const { out } = await node.bash('jetpack status --json');

    expect(JSON.parse(out)).toMatchObject({ transport: 'amqps://10.0.0.4:5671/cyclecloud' });
  });
});

describe('the demo', () => {
  it('tells its story to the end and leaves nothing behind', { timeout: 120_000 }, async () => {
    const run = promisify(execFile);
    await using node = await createNode();

    const { stdout } = await run('node', ['scripts/demo.mjs'], {
      env: { ...process.env, TMPDIR: node.home.root },
    });

    expect(stdout).toContain('node.terminate');
    expect(stdout).toMatch(/\$ jetpack config demo\.luns\n\[0, 1, 2\]\n/);
    expect(await fs.readdir(node.home.root)).toEqual([]);
  });
});
