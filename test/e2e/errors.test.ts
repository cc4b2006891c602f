import { describe, expect, it } from 'vitest';

import { createNode } from '../support/shell.ts';

describe('what goes wrong is one line and a fixed exit code', () => {
  it.each([
    ['jetpack confg', 64, 'jetpack: unknown command: confg\ndid you mean jetpack config?\n'],
    [
      'jetpack config --jsn',
      64,
      'jetpack: unknown option --jsn for jetpack config\ndid you mean --json?\n',
    ],
    ['jetpack log', 64, /^jetpack: jetpack log needs more words\nusage: jetpack log /],
    [
      'jetpack log x --level loud',
      64,
      'jetpack: option --level must be one of info, warn, error, got "loud"\n',
    ],
    ['jetpack log x --wait soon', 64, /^jetpack: option --wait must be a number of seconds/],
    ['jetpack keepalive soon', 64, /^jetpack: .*soon.*\n.*90s.*30m.*forever/],
    ['jetpack shutdown --idle --unhealthy', 64, /not both/],
    ['jetpack converge --mode=sideways', 64, /install, maintenance/],
    ['jetpack download', 64, /^jetpack: /],
  ])('%s', async (line, code, message) => {
    await using node = await createNode();

    const result = await node.bash(line);

    expect(result).toMatchObject({ code, out: '' });
    expect(result.err).toMatch(typeof message === 'string' ? exactly(message) : message);
  });

  it('shows help to one who gives no command', async () => {
    await using node = await createNode();

    const { code, err } = await node.bash('jetpack');

    expect(code).toBe(64);
    expect(err).toContain('usage: jetpack COMMAND');
  });

  it.each([
    'jetpack --help',
    'jetpack -h',
    'jetpack help',
    'jetpack help config',
    'jetpack log --help',
    'jetpack log -h',
  ])('%s prints to stdout what fits a screen', async (line) => {
    await using node = await createNode();

    const { code, out, err } = await node.bash(line);

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/usage: jetpack/);
    expect(out.split('\n').length).toBeLessThan(40);
  });

  it('prints one bare version line that clients can split and compare', async () => {
    await using node = await createNode();

    const { out } = await node.bash(
      "jetpack --version; jetpack --version | cut -d'-' -f1 | cut -d'.' -f1,2",
    );

    expect(out).toMatch(/^8\.10\.0-\d+\.\d+\.\d+\n8\.10\n$/);
  });

  it('gives errors as JSON on stderr when JSON was asked for', async () => {
    await using node = await createNode();

    const { code, out, err } = await node.bash('jetpack config no.such.key --json');

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'ERR_JETPACK_NOT_FOUND', exitCode: 1 },
    });
  });

  it('writes nothing when the home cannot be written', async () => {
    await using node = await createNode();
    await node.write('config/node.json', '{}');

    const { code, out, err } = await node.bash(
      'chmod 0755 . config && setpriv --reuid 65534 --regid 65534 --clear-groups jetpack log hello; code=$?; ls; exit $code',
    );

    expect({ code, out }).toEqual({ code: 77, out: 'config\n' });
    expect(err).toMatch(/^jetpack: cannot write .*: permission denied\n.*cyclecloud/);
  });

  it('says so when the place of the home is no folder', async () => {
    await using node = await createNode();

    const { code, err } = await node.bash('touch file; JETPACK_HOME=$PWD/file jetpack log hello');

    expect(code).toBe(73);
    expect(err).toMatch(/^jetpack: cannot write .*: a part of the path is not a folder\n/);
  });

  it('warns of a file with secrets that others can read, and goes on', async () => {
    await using node = await createNode();
    await node.write('config/connection.json', { cluster: 'hpc1', password: 's3cret' });

    const { code, out, err } = await node.bash(
      'chmod 0644 config/connection.json; jetpack keepalive --status',
    );

    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^no keepalive/) });
    expect(err).toMatch(/^jetpack: warning: .*connection\.json.*chmod 640/);
    expect(err).not.toContain('s3cret');
  });

  it('says so when the answer cannot be written', async () => {
    await using node = await createNode();

    const { code, err } = await node.bash('jetpack --version > /dev/full');

    expect(code).toBe(73);
    expect(err).toMatch(/^jetpack: cannot write the answer/);
  });

  it('ends quietly when the reader has seen enough', async () => {
    await using node = await createNode();
    await node.write('config/node.json', JSON.stringify({ long: 'x'.repeat(1_000_000) }));

    const { err, out } = await node.bash(
      'jetpack config long | head -c 1; echo "${PIPESTATUS[0]}"',
    );

    expect({ out, err }).toEqual({ out: 'x0\n', err: '' });
  });
});

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
}
