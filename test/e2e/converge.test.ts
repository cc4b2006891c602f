import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { assignProject, messagesOf } from '../support/project.ts';
import type { ProjectFiles } from '../support/project.ts';
import { createNode } from '../support/shell.ts';
import type { Node } from '../support/shell.ts';

/** Says which script ran, where, and as what: to a file outside of everything that a converge replaces. */
const tell = `#!/usr/bin/env bash
echo "$(basename "$0") $CYCLECLOUD_PROJECT_NAME $CYCLECLOUD_PROJECT_VERSION $CYCLECLOUD_SPEC_NAME" >> "$JETPACK_HOME/ran"
`;

const twoSpecs: ProjectFiles = {
  'default/cluster-init/scripts/10-first.sh': tell,
  'default/cluster-init/scripts/9-later.sh': tell,
  'default/cluster-init/scripts/README.txt': 'not a script\n',
  'default/cluster-init/files/util.sh': 'util() { echo "util of default"; }\n',
  'solver/cluster-init/scripts/10-use.sh': `${tell}
set -euo pipefail
source ../../default/files/util.sh
util > ../files/made
[ "$PWD" = "$CYCLECLOUD_SPEC_PATH/scripts" ]
[ -f "$CYCLECLOUD_SPEC_PATH/files/solver.conf" ]
[ "$CYCLECLOUD_HOME" = "$JETPACK_HOME" ]
case "$PATH" in "$JETPACK_HOME/bin:"*) ;; *) exit 9 ;; esac
[ "$(jetpack config cyclecloud.cluster.name)" = hpc1 ]
jetpack log "from a script" --wait 0
`,
  'solver/cluster-init/scripts/20-python.py': `#!/usr/bin/env python3
import os, pathlib
with (pathlib.Path(os.environ["JETPACK_HOME"]) / "ran").open("a") as ran:
    ran.write("20-python.py demo 1.0.0 solver\\n")
`,
  'solver/cluster-init/files/solver.conf': 'threads = 4\n',
};

const allRan = [
  '10-first.sh demo 1.0.0 default',
  '9-later.sh demo 1.0.0 default',
  '10-use.sh demo 1.0.0 solver',
  '20-python.py demo 1.0.0 solver',
];

async function ran(node: Node): Promise<string[]> {
  const text = await fs.readFile(path.join(node.home.root, 'ran'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

function outputTailOf(failure: unknown): string {
  const isFailure = typeof failure === 'object' && failure !== null && 'outputTail' in failure;
  return isFailure ? String(failure.outputTail) : '';
}

describe('jetpack converge, on the packed and installed package', () => {
  it('runs the scripts of two specs in order, in their own folder and environment', async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default', 'solver']);

    const { code, out, err } = await node.bash('jetpack converge');

    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toMatch(/^converged in .*4 scripts run/);
    expect(await ran(node)).toEqual(allRan);
  });

  it('runs nothing the second time, and one script whose marker was deleted', async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default', 'solver']);
    await node.bash('jetpack converge');

    const second = await node.bash('jetpack converge');
    const afterSecond = await ran(node);
    const third = await node.bash(
      'rm "$JETPACK_HOME/cluster-init/.run/demo/default/scripts/9-later.sh.run" && jetpack converge',
    );

    expect(second.code).toBe(0);
    expect(afterSecond).toEqual(allRan);
    expect(third.code).toBe(0);
    expect(await ran(node)).toEqual([...allRan, '9-later.sh demo 1.0.0 default']);
  });

  it('exits 2 when a script fails, runs none after it, and tells the server the end of its output', async () => {
    await using node = await createNode();
    await assignProject(
      node,
      {
        'default/cluster-init/scripts/10-ok.sh': tell,
        'default/cluster-init/scripts/20-bad.sh': `#!/bin/sh\nseq 1 5000\necho "cannot mount /shared" >&2\nexit 7\n`,
        'default/cluster-init/scripts/30-never.sh': tell,
      },
      ['default'],
    );

    const { code, out, err } = await node.bash('jetpack converge');

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/jetpack: .*20-bad\.sh.*7/);
    expect(await ran(node)).toEqual(['10-ok.sh demo 1.0.0 default']);
    const failed = (await messagesOf(node)).find(({ body }) => body['phase'] === 'failed');
    expect(failed).toMatchObject({
      routingKey: 'node.status',
      body: {
        cluster: 'hpc1',
        node: 'execute-1',
        failure: { project: 'demo', spec: 'default', script: '20-bad.sh', exitCode: 7 },
      },
    });
    const outputTail = outputTailOf(failed?.body['failure']);
    expect(outputTail).toMatch(/5000\ncannot mount \/shared\n$/);
    expect(Buffer.byteLength(outputTail)).toBeLessThanOrEqual(4096);
    const log = await node.read('logs/cluster-init/demo/default/scripts/20-bad.sh.out');
    expect(log).toContain('1\n2\n3\n');
    expect((await node.bash('jetpack status')).code).toBe(2);
  });

  it('goes on after the failed script once it is mended, and runs nothing twice', async () => {
    await using node = await createNode();
    const broken = {
      ...twoSpecs,
      'default/cluster-init/scripts/9-later.sh': '#!/bin/sh\nexit 1\n',
    };
    await assignProject(node, broken, ['default', 'solver']);
    await node.bash('jetpack converge');
    await assignProject(node, twoSpecs, ['default', 'solver']);

    const { code } = await node.bash('jetpack converge');

    expect(code).toBe(0);
    expect(await ran(node)).toEqual(allRan);
  });

  it('names a spec that is not in the locker, and what is there instead, and changes nothing', async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default', 'solver', 'scheduler']);
    await fs.rm(path.join(node.home.root, 'locker/projects/demo/1.0.0/manifest.json'));

    const { code, out, err } = await node.bash('jetpack converge');

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/scheduler/);
    expect(err).toMatch(/default.*solver/);
    expect(await ran(node)).toEqual([]);
  });

  it('shows with --plan exactly what it then does, and changes nothing', async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default', 'solver']);

    const { code, out } = await node.bash('jetpack converge --plan');
    const json = await node.bash('jetpack converge --plan --json');

    expect(code).toBe(0);
    expect(out).toMatch(/run-script +demo\/default\/scripts\/10-first\.sh/);
    expect(JSON.parse(json.out).steps.map((step: { action: string }) => step.action)).toContain(
      'install',
    );
    expect(await ran(node)).toEqual([]);
    expect(await fs.readdir(node.home.root)).not.toContain('cluster-init');
  });

  it('runs one at a time: a second one exits 75 and says who has the lock', async () => {
    await using node = await createNode();
    await assignProject(
      node,
      {
        'default/cluster-init/scripts/10-slow.sh':
          '#!/bin/sh\ntouch "$JETPACK_HOME/began"\nwhile [ ! -e "$JETPACK_HOME/go" ]; do sleep 0.05; done\n',
      },
      ['default'],
    );

    const { out } = await node.bash(`
      jetpack converge >/dev/null 2>&1 & first=$!
      while [ ! -e began ]; do sleep 0.05; done
      jetpack converge 2>second; echo "second $?"
      touch go; wait $first; echo "first $?"; cat second`);

    expect(out).toMatch(/^second 75\nfirst 0\njetpack: .*process \d+ \(converge, since /);
  });

  it('ends the whole tree of the running script on Ctrl-C, exits 130, and continues the next time', async () => {
    await using node = await createNode();
    await assignProject(
      node,
      {
        'default/cluster-init/scripts/10-first.sh': tell,
        'default/cluster-init/scripts/20-slow.sh':
          '#!/bin/bash\nif [ -e "$JETPACK_HOME/go" ]; then exit 0; fi\nsetsid sleep 613 & touch "$JETPACK_HOME/began"\nsleep 613\n',
      },
      ['default'],
    );

    const { out } = await node.bash(`
      jetpack converge >/dev/null 2>&1 & first=$!
      while [ ! -e began ]; do sleep 0.05; done
      kill -TERM $first; wait $first; echo "first $?"
      pgrep -f '^sleep 613' || echo "nothing left"
      touch go; jetpack converge >/dev/null 2>&1; echo "second $?"`);

    expect(out).toBe('first 130\nnothing left\nsecond 0\n');
    expect(await ran(node)).toEqual(['10-first.sh demo 1.0.0 default']);
  });

  it('says how to get a Chef client when a run list asks for one and there is none', async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default']);
    const nodeJson = JSON.parse(await node.read('config/node.json'));
    await node.write('config/node.json', { ...nodeJson, run_list: ['recipe[motd]'] });

    const { code, err } = await node.bash('jetpack converge', { PATH: node.env['PATH'] ?? '' });

    expect(code).toBe(2);
    expect(err).toMatch(/jetpack: .*[Cc]hef.*\n.*(install|chef)/);
  });

  it('says that there is nothing to do on a node that was assigned nothing', async () => {
    await using node = await createNode();

    const { code, out } = await node.bash('jetpack converge');

    expect({ code, out: out.slice(0, 9) }).toEqual({ code: 0, out: 'converged' });
  });
});

describe('jetpack download', () => {
  const shapes = [
    ['--project demo sub/data.bin', 'data.bin'],
    ['sub/data.bin elsewhere/ --project demo', 'elsewhere/data.bin'],
    ['sub/data.bin --project demo newname', 'newname'],
    ['--project=demo sub/data.bin ./', 'data.bin'],
  ] as const;

  it.each(shapes)('%s', async (words, expected) => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default']);
    await node.write('locker/projects/demo/blobs/sub/data.bin', 'blob');

    const { code, out, err } = await node.bash(`mkdir work elsewhere; jetpack download ${words}`);

    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
    expect(await node.read(expected)).toBe('blob');
  });

  it("takes the project from the script that calls, and the user's blob first", async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default']);
    await node.write('locker/projects/demo/blobs/data.bin', 'of the project');
    await node.write('locker/blobs/demo/data.bin', 'of the user');

    await node.bash('CYCLECLOUD_PROJECT_NAME=demo jetpack download data.bin');

    expect(await node.read('data.bin')).toBe('of the user');
  });

  it('exits 1 and leaves nothing when there is no such blob', async () => {
    await using node = await createNode();
    await assignProject(node, twoSpecs, ['default']);

    const { code, out, err } = await node.bash(
      'jetpack download --project demo nothing.bin; code=$?; ls; exit $code',
    );

    expect({ code, out }).toEqual({ code: 1, out: 'config\nlocker\n' });
    expect(err).toMatch(/nothing\.bin/);
  });
});
