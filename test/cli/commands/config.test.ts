import { describe, expect, it } from 'vitest';

import type { Io } from '../../../src/cli/command.ts';
import { command } from '../../../src/cli/commands/config.ts';
import { createTemporaryHome } from '../../../src/testing/temporary-home.ts';

const node = `{
  "cyclecloud": { "cluster": { "name": "hpc1", "autoscale": { "stop_enabled": true } } },
  "pbsqueue": { "workq": { "a": 1, "b": 2 }, "empty": {}, "Alpha": "x y", "list": ["a"], "two\\nlines": "1\\n2" },
  "text": "  as it is \\nto the end  ",
  "numbers": [0, 1.0, 12345678901234567890],
  "nothing": null,
  "yes": true,
  "no": false,
  "kilo": 1e3,
  "big": 12345678901234567890,
  "accents": "é"
}`;

interface Result {
  readonly code: number;
  readonly writes: readonly string[];
}

async function run(
  content: string | undefined,
  positionals: string[],
  options = {},
): Promise<Result> {
  await using home = await createTemporaryHome();
  if (content !== undefined) await home.write('config/node.json', content);
  const writes: string[] = [];
  const io: Io = {
    out: (text) => writes.push(String(text)),
    err: () => {},
    readStdin: async () => new Uint8Array(),
    env: { JETPACK_HOME: home.home.root },
    isTerminal: false,
    signal: new AbortController().signal,
  };
  const code = await command.run({ positionals, options, io, progress: false });
  return { code, writes };
}

describe('jetpack config', () => {
  it.each([
    [['text'], '  as it is \nto the end  \n'],
    [['kilo'], '1000.0\n'],
    [['big'], '12345678901234567890\n'],
    [['yes'], 'True\n'],
    [['no'], 'False\n'],
    [['nothing'], 'None\n'],
    [['numbers'], '[0, 1.0, 12345678901234567890]\n'],
    [['numbers.1'], '1.0\n'],
    [['absent', 'default'], 'default\n'],
    [['absent', ''], '\n'],
    [['absent', '-5'], '-5\n'],
    [['yes', 'False'], 'True\n'],
    [['nothing', 'default'], 'None\n'],
    [['pbsqueue.empty'], ''],
    [
      ['pbsqueue'],
      "  pbsqueue.Alpha = x y\n  pbsqueue.empty {0 keys}\n  pbsqueue.list = ['a']\n  pbsqueue.two\nlines = 1\n2\n  pbsqueue.workq {2 keys}\n",
    ],
  ])('answers %j for a script, in one write', async (positionals, expected) => {
    expect(await run(node, positionals)).toEqual({ code: 0, writes: [expected] });
  });

  it.each([
    [['big'], '{"big": 12345678901234567890}\n'],
    [['numbers'], '{"numbers": [0, 1.0, 12345678901234567890]}\n'],
    [['accents'], '{"accents": "\\u00e9"}\n'],
    [['cyclecloud.cluster.name'], '{"cyclecloud.cluster.name": "hpc1"}\n'],
    [['absent', 'notfound'], '{"absent": "notfound"}\n'],
    [['__proto__', 'x'], '{"__proto__": "x"}\n'],
    [['pbsqueue.workq'], '{\n    "a": 1,\n    "b": 2\n}\n'],
    [['pbsqueue.empty'], '{}\n'],
  ])('answers %j as JSON', async (positionals, expected) => {
    expect(await run(node, positionals, { json: true })).toEqual({ code: 0, writes: [expected] });
  });

  it('lists everything it knows when it is given no key', async () => {
    const { code, writes } = await run(node, []);

    const names = (writes[0] ?? '').split('\n').map((line) => line.trim().split(' ')[0]);
    expect(code).toBe(0);
    expect(names).toEqual(expect.arrayContaining(['cyclecloud', 'platform', 'jetpack', 'kernel']));
    expect(writes[0]).toContain('\n  kilo = 1000.0\n');
    expect(writes[0]).toMatch(/^ {2}cpu \{\d+ keys\}$/m);
  });

  it('gives the whole tree as JSON', async () => {
    const { writes } = await run(node, [], { json: true });

    expect(JSON.parse(writes[0] ?? '')).toMatchObject({
      cyclecloud: { cluster: { name: 'hpc1' } },
      os: expect.any(String),
    });
    expect(writes[0]).toContain('"big": 12345678901234567890');
  });

  it('names the key that was probably meant', async () => {
    await expect(run(node, ['pbsqeue.workq'])).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_NOT_FOUND',
      message: 'no such key: pbsqeue.workq',
      hint: 'did you mean pbsqueue.workq?',
    });
  });

  it('takes a missing node.json for an empty one', async () => {
    expect(await run(undefined, ['a', 'b'])).toEqual({ code: 0, writes: ['b\n'] });
  });

  it.each([[['a', 'default']], [['cyclecloud.home']], [[]]])(
    'never lets a default hide a broken node.json: %j',
    async (positionals) => {
      await expect(run('{"password": "hunter2', positionals)).rejects.toMatchObject({
        name: 'JetpackError',
        code: 'ERR_JETPACK_BAD_CONFIG',
        message: expect.not.stringContaining('hunter2'),
      });
    },
  );

  it('explains where an answer comes from, and shows no value', async () => {
    const table = await run(node, ['cyclecloud.cluster.name'], { explain: true });
    const json = await run(node, ['absent'], { explain: true, json: true });

    expect(table.code).toBe(0);
    expect(table.writes[0]).toMatch(/^node\.json +value .* string$/m);
    expect(table.writes[0]).not.toContain('hpc1');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.writes[0] ?? '')).toMatchObject([
      { source: 'configuration.json', answer: 'nothing' },
      { source: 'node.json', answer: 'nothing' },
    ]);
    await expect(run(node, [], { explain: true })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_JETPACK_USAGE',
    });
  });
});
