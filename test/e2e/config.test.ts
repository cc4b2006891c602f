import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createNode } from '../support/shell.ts';
import type { Node } from '../support/shell.ts';

// Written by hand, because JSON.stringify would print 1.0 as 1.
const nodeJson = `{
  "cyclecloud": {
    "cluster": { "name": "hpc1", "autoscale": { "stop_enabled": true } },
    "node": { "name": "execute-7", "id": "0f3b" },
    "config": { "web_server": "https://10.0.0.4:9443" },
    "mounts": { "shared": { "luns": [0, 1, 2], "type": null } }
  },
  "slurm": { "is_primary_scheduler": false },
  "ef": { "license": "bGlj\\nZW5z  " },
  "numbers": { "big": 12345678901234567890, "one": 1.0, "two": 2.50, "kilo": 1e3, "huge": 1e16, "int": 42 },
  "words": ["a", "it's", true, null],
  "nested": [[1], { "a": 1 }],
  "pbsqueue": { "workq": { "a": 1 }, "enabled": true, "Alpha": "x" },
  "roles": ["pbspro_server_role", "central"],
  "network": { "interfaces": { "eth0.100": { "mtu": 9000 } } },
  "quoted": "  \\"in quotes\\"  ",
  "MOUNTPOINT1": "/mnt/x.y",
  "azure": { "metadata": { "compute": { "tags": "a:1;b:2" } } }
}`;

describe('jetpack config, run by bash as scripts run it', () => {
  let node: Node;

  beforeAll(async () => {
    node = await createNode();
    await node.write('config/node.json', nodeJson);
  });

  afterAll(async () => {
    await node[Symbol.asyncDispose]();
  });

  it.each([
    // a string: the raw text and one newline
    ['X=$(jetpack config cyclecloud.cluster.name); echo "[$X]"', '[hpc1]\n'],
    ['jetpack config quoted', '  "in quotes"  \n'],
    ['jetpack config ef.license', 'bGlj\nZW5z  \n'],
    ['jetpack config MOUNTPOINT1', '/mnt/x.y\n'],
    ['jetpack config azure.metadata.compute.tags | cut -d";" -f2 | cut -d: -f1', 'b\n'],
    // numbers: as Python 3 prints them
    ['jetpack config numbers.big', '12345678901234567890\n'],
    ['jetpack config numbers.one', '1.0\n'],
    ['jetpack config numbers.two', '2.5\n'],
    ['jetpack config numbers.kilo', '1000.0\n'],
    ['jetpack config numbers.huge', '1e+16\n'],
    ['jetpack config numbers.int', '42\n'],
    // booleans and null
    ['jetpack config cyclecloud.cluster.autoscale.stop_enabled', 'True\n'],
    ['[[ $(jetpack config slurm.is_primary_scheduler True) == "False" ]] && echo yes', 'yes\n'],
    ['[ "$(jetpack config cyclecloud.mounts.shared.type)" = "None" ] && echo yes', 'yes\n'],
    // lists: Python's repr
    ['jetpack config cyclecloud.mounts.shared.luns', '[0, 1, 2]\n'],
    [
      `for lun in $(jetpack config cyclecloud.mounts.shared.luns 0 | tr -d '[],'); do echo "lun$lun"; done`,
      'lun0\nlun1\nlun2\n',
    ],
    ['jetpack config words', `['a', "it's", True, None]\n`],
    ['jetpack config nested', "[[1], {'a': 1}]\n"],
    ['jetpack config roles | grep -q pbspro_server_role && echo yes', 'yes\n'],
    ['jetpack config roles.1', 'central\n'],
    // objects: one line a direct child
    [
      'jetpack config pbsqueue',
      '  pbsqueue.Alpha = x\n  pbsqueue.enabled = True\n  pbsqueue.workq {1 keys}\n',
    ],
    [
      `jetpack config pbsqueue 2>&1 | grep pbsqueue | sed 's/^[[:space:]]*//' | cut -d ' ' -f1`,
      'pbsqueue.Alpha\npbsqueue.enabled\npbsqueue.workq\n',
    ],
    ['jetpack config | grep -c "^  cyclecloud {"', '1\n'],
    // a missing key with a default
    ['jetpack config pbspro.package ""', '\n'],
    ["jetpack config monitoring.enabled False | tr '[:upper:]' '[:lower:]'", 'false\n'],
    ['jetpack config no.such.key -1', '-1\n'],
    ['jetpack config no.such.key -', '-\n'],
    ['jetpack config no.such.key "two  words "', 'two  words \n'],
    ['jetpack config slurm.user.name 2>/dev/null || echo slurm', 'slurm\n'],
    // --json
    ['jetpack config --json cyclecloud.cluster.name', '{"cyclecloud.cluster.name": "hpc1"}\n'],
    ['jetpack config numbers.big --json', '{"numbers.big": 12345678901234567890}\n'],
    [
      'jetpack config --json cyclecloud.mounts.shared.luns | python3 -c "import json,sys; print(json.load(sys.stdin))"',
      "{'cyclecloud.mounts.shared.luns': [0, 1, 2]}\n",
    ],
    [
      "jetpack config cyclecloud --json | python3 -c \"import json,sys; print(json.load(sys.stdin)['cluster']['name'])\"",
      'hpc1\n',
    ],
    [
      'jetpack config ef.limit_execute_skus notfound --json',
      '{"ef.limit_execute_skus": "notfound"}\n',
    ],
    [
      `jetpack config ef.limit_execute_skus notfound --json | sed 's,"notfound",[],'`,
      '{"ef.limit_execute_skus": []}\n',
    ],
    [
      "jetpack config --json | python3 -c \"import json,sys; print(json.load(sys.stdin)['numbers']['big'])\"",
      '12345678901234567890\n',
    ],
    // keys that hold dots
    ['jetpack config network.interfaces.eth0.100.mtu', '9000\n'],
    // what the node is, and where it lives
    ['[ "$(jetpack config cyclecloud.home)" = "$JETPACK_HOME" ] && echo yes', 'yes\n'],
    ['[ "$(jetpack config cpu.total)" = "$(nproc --all)" ] && echo yes', 'yes\n'],
    ['[ "$(jetpack config hostname)" = "$(hostname -s)" ] && echo yes', 'yes\n'],
    ['jetpack config os', 'linux\n'],
  ])('%s', async (line, expected) => {
    const { code, out, err } = await node.bash(line);

    expect({ code, out, err }).toEqual({ code: 0, out: expected, err: '' });
  });

  it('says nothing on stdout, the key and the nearest one on stderr, and exits 1 for a missing key', async () => {
    const { code, out, err } = await node.bash('jetpack config cyclecloud.cluster.nam');

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toBe(
      'jetpack: no such key: cyclecloud.cluster.nam\ndid you mean cyclecloud.cluster.name?\n',
    );
  });

  it.each(['constructor', '__proto__', 'toString', 'cyclecloud.__proto__', 'roles.length'])(
    'finds no key %s',
    async (key) => {
      const { code, out } = await node.bash(`jetpack config ${key}`);

      expect({ code, out }).toEqual({ code: 1, out: '' });
    },
  );

  it('stores nothing when a default is given', async () => {
    await node.bash('jetpack config new.key value');

    expect(await node.read('config/node.json')).toBe(nodeJson);
  });

  it('has an empty tree when node.json is absent', async () => {
    await using bare = await createNode();

    expect(await bare.bash('jetpack config cyclecloud.cluster.name none')).toMatchObject({
      code: 0,
      out: 'none\n',
    });
    expect(await bare.bash('jetpack config cyclecloud.cluster.name')).toMatchObject({
      code: 1,
      out: '',
    });
  });

  it('lets no default hide a broken node.json, and says where it is broken but not what it holds', async () => {
    await using broken = await createNode();
    await broken.write('config/node.json', '{\n  "password": "s3cret",\n  "a": s3cret\n}');

    const { code, out, err } = await broken.bash('jetpack config a fallback');

    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(err).toMatch(/^jetpack: .*config\/node\.json.* line 3, column 8/);
    expect(err).not.toContain('s3cret');
  });

  it('says who may read node.json when this user may not', async () => {
    await using closed = await createNode();
    await closed.write('config/node.json', '{}');

    const { code, err } = await closed.bash(
      'chmod 0755 . config && chmod 0600 config/node.json && setpriv --reuid 65534 --regid 65534 --clear-groups jetpack config a fallback',
    );

    expect(code).toBe(77);
    expect(err).toMatch(/config\/node\.json: permission denied\n.*cyclecloud/);
  });
});
