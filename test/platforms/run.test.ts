import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';

import { afterEach, describe, expect, test, vi } from 'vitest';

import type { RunOptions } from '../../src/platform.js';
import { LinuxProcessTree } from '../../src/platforms/linux-process-tree.js';
import { LinuxPlatform } from '../../src/platforms/linux.js';
import { carriesMark, runChild } from '../../src/platforms/process.js';
import { createTemporaryHome } from '../../src/testing/index.js';

const platform = new LinuxPlatform();
const fixtures = path.resolve(import.meta.dirname, '../fixtures/platforms');

function bash(line: string): { file: string; args: string[] } {
  return { file: 'bash', args: ['-c', line] };
}

/** Runs and collects what was printed. */
async function run(
  line: string,
  options: RunOptions = {},
): Promise<{ exitCode: number; endedBy: string | undefined; text: string }> {
  let text = '';
  const result = await platform.run(bash(line), {
    ...options,
    onOutput: (chunk) => {
      text += Buffer.from(chunk).toString();
    },
  });
  return { exitCode: result.exitCode, endedBy: result.endedBy, text };
}

afterEach(async () => {
  const children = await fs.readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  const states = children
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(async (pid) => fs.readFile(`/proc/${pid}/stat`, 'utf8'));
  const zombies = (await Promise.all(states)).filter((stat) => stat.includes(') Z '));
  if (zombies.length > 0) throw new Error(`zombies are left: ${zombies.join()}`);
});

describe('a child that ends by itself', () => {
  test.each([0, 1, 3, 254])('gives its exit code %i', async (code) => {
    expect(await run(`exit ${code}`)).toEqual({ exitCode: code, endedBy: undefined, text: '' });
  });

  test.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
  ])('by SIG%s gives what a shell says', async (signal, code) => {
    expect(await run(`kill -${signal} $$`)).toMatchObject({ exitCode: code, endedBy: undefined });
  });

  test('has no standard input', async () => {
    expect(await run('cat; read -r line || echo end')).toMatchObject({
      exitCode: 0,
      text: 'end\n',
    });
  });

  test('runs in the given folder with the given environment', async () => {
    await using home = await createTemporaryHome();

    const { text } = await run('pwd; echo "$COLOUR"; echo "${HOME-none}"', {
      cwd: home.home.root,
      env: { PATH: process.env['PATH'], COLOUR: 'blue sky', HOME: undefined },
    });

    expect(text).toBe(`${home.home.root}\nblue sky\nnone\n`);
  });

  test('says on which stream it printed', async () => {
    const pieces: string[] = [];

    await platform.run(bash('echo out; sleep 0.05; echo err >&2'), {
      onOutput: (chunk, stream) => pieces.push(`${stream}: ${Buffer.from(chunk).toString()}`),
    });

    expect(pieces).toEqual(['stdout: out\n', 'stderr: err\n']);
  });

  test('loses none of the last words of its output', async () => {
    let text = '';

    // While this process is busy with the first words, the child says its last ones and ends.
    await platform.run(bash('echo begin; head -c 60000 /dev/zero | tr "\\0" x; echo end'), {
      onOutput: (chunk) => {
        text += Buffer.from(chunk).toString();
        const until = performance.now() + 300;
        while (text.length < 10 && performance.now() < until);
      },
    });

    expect(text).toHaveLength(60_010);
    expect(text.endsWith('xend\n')).toBe(true);
  });

  test('may speak through another program that ends a little later', async () => {
    const { text } = await run('exec > >(tee /dev/null); head -c 60000 /dev/zero; echo end');

    expect(text).toHaveLength(60_004);
  });

  test('is read to the end, 300 MB of it, without keeping it', async () => {
    let bytes = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;

    const { exitCode } = await platform.run(bash('head -c 300000000 /dev/zero'), {
      onOutput: (chunk) => {
        bytes += chunk.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      },
    });

    expect({ exitCode, bytes }).toEqual({ exitCode: 0, bytes: 300_000_000 });
    expect(most).toBeLessThan(100_000_000);
  });

  test('is read also when nobody listens', async () => {
    expect(await platform.run(bash('head -c 5000000 /dev/zero'))).toMatchObject({ exitCode: 0 });
  });

  test('does not wait for a daemon it leaves behind, and leaves it alive', async () => {
    const begun = performance.now();

    const { exitCode, text } = await run('sleep 60 & echo $!');

    expect(exitCode).toBe(0);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(platform.identify(Number(text))).toBeDefined();
    process.kill(Number(text), 'SIGKILL');
  });

  test('does not wait for a daemon that never stops printing', async () => {
    const { exitCode, text } = await run('(while echo tick; do sleep 0.01; done) & echo $!');

    expect(exitCode).toBe(0);
    const pid = Number(/\d+/.exec(text)?.[0]);
    await vi.waitFor(() => {
      expect(platform.identify(pid)).toBeUndefined(); // its pipe is closed
    }, 5000);
  });

  test('can have a timeout longer than any timer', async () => {
    expect(await run('sleep 0.05; exit 4', { timeout: 2 ** 40 })).toMatchObject({
      exitCode: 4,
      endedBy: undefined,
    });
  });

  test('carries its mark behind those of the agents above it', async () => {
    const { text } = await run('echo "$JETPACK_CHILD"', {
      env: { ...process.env, JETPACK_CHILD: 'outer' },
    });

    expect(text).toMatch(/^outer \S+\n$/);
    expect(carriesMark(text.trim(), 'outer')).toBe(true);
    expect(carriesMark(text.trim(), 'out')).toBe(false);
  });
});

describe('what cannot be started', () => {
  test('rejects with a code, the file and why', async () => {
    await using home = await createTemporaryHome();
    const plain = await home.write('plain', 'text');
    const orphan = await home.write('orphan', '#!/no/such/interpreter\n');
    await fs.chmod(orphan, 0o755);
    const start = async (file: string, options: RunOptions = {}): Promise<unknown> =>
      platform.run({ file, args: [] }, options);

    await expect(start('no-such-program')).rejects.toMatchObject({
      code: 'ERR_JETPACK_NOT_FOUND',
      path: 'no-such-program',
    });
    await expect(start(plain)).rejects.toMatchObject({
      code: 'ERR_JETPACK_PERMISSION',
      path: plain,
    });
    await expect(start(home.home.root)).rejects.toMatchObject({ code: 'ERR_JETPACK_PERMISSION' });
    await expect(start('a\0b')).rejects.toMatchObject({ code: 'ERR_JETPACK_USAGE' });
    await expect(start(orphan)).rejects.toMatchObject({
      code: 'ERR_JETPACK_NOT_FOUND',
      message: expect.stringContaining('interpreter'),
    });
    await expect(start('bash', { cwd: '/no/such/folder' })).rejects.toMatchObject({
      message: expect.stringContaining('/no/such/folder'),
    });
    await expect(
      platform.run({ file: 'echo', args: ['x'.repeat(3_000_000)] }),
    ).rejects.toMatchObject({
      code: 'ERR_JETPACK_USAGE',
      message: expect.stringContaining('too long'),
    });
  });
});

describe('a child that is ended', () => {
  test('by its timeout takes its descendants with it, in whatever session, and with them those that obey no SIGTERM', async () => {
    await using home = await createTemporaryHome();
    const pids = path.join(home.home.root, 'pids');

    const result = await platform.run(
      { file: path.join(fixtures, 'stubborn-tree.sh'), args: [pids] },
      { timeout: 1000, grace: 300 },
    );

    expect(result).toMatchObject({ exitCode: 137, endedBy: 'timeout' });
    const started = (await fs.readFile(pids, 'utf8')).trim().split('\n').map(Number);
    expect(started).toHaveLength(5);
    expect(started.filter((pid) => platform.identify(pid) !== undefined)).toEqual([]);
  });

  test('and forks faster than one can look is ended all the same', async () => {
    let seen = false;
    const controller = new AbortController();
    const mark = `forker-${process.pid}`;

    const result = await platform.run(
      { file: path.join(fixtures, 'fast-forker.sh'), args: [] },
      {
        grace: 200,
        signal: controller.signal,
        env: { ...process.env, FORKER: mark },
        onOutput: () => {
          if (!seen)
            setTimeout(() => {
              controller.abort();
            }, 200);
          seen = true;
        },
      },
    );

    expect(result.endedBy).toBe('abort');
    expect(await carriersOf(`FORKER=${mark}`)).toEqual([]);
  });

  test('is asked once, and may end in its own way', async () => {
    const line =
      'trap "echo bye; sleep 0.1; exit 7" TERM; echo ready; while :; do sleep 0.01; done';

    const result = await run(line, { timeout: 300 });

    expect(result).toMatchObject({ exitCode: 7, endedBy: 'timeout' });
    expect(result.text.match(/bye/g)).toHaveLength(1);
  });

  test('is asked by the signal it obeys', async () => {
    const line = 'trap "" TERM; trap "exit 9" INT; while :; do sleep 0.01; done';

    expect(await run(line, { timeout: 300, endSignal: 'SIGINT' })).toMatchObject({
      exitCode: 9,
      endedBy: 'timeout',
    });
  });

  test('by an abort before the start was never there', async () => {
    await using home = await createTemporaryHome();
    const file = path.join(home.home.root, 'ran');

    const result = await run(`touch ${file}`, { signal: AbortSignal.abort() });

    expect(result).toMatchObject({ exitCode: 130, endedBy: 'abort' });
    await expect(fs.stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('by an abort while it is being started is ended', async () => {
    const controller = new AbortController();

    const running = runChild(
      bash('sleep 60'),
      { signal: controller.signal },
      new LinuxProcessTree(),
    );
    controller.abort();

    expect(await running).toMatchObject({ endedBy: 'abort' });
  });

  test('by a listener that fails is ended, and the failure is told', async () => {
    const failure = new Error('the log is full');

    const running = platform.run(bash('echo one; sleep 60'), {
      onOutput: () => {
        throw failure;
      },
    });

    await expect(running).rejects.toBe(failure);
  });

  test('but does not move, as one that waits for a device, is given up', async () => {
    const deaf = { signal: async () => undefined, isRunning: async () => true };
    let pid = 0;

    const result = await runChild(
      bash('echo $$; exec sleep 60'),
      {
        timeout: 200,
        grace: 50,
        onOutput: (chunk) => {
          pid = Number(Buffer.from(chunk).toString());
        },
      },
      deaf,
    );
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => {
      expect(platform.identify(pid)).toBeUndefined();
    });

    expect(result).toMatchObject({ exitCode: 137, endedBy: 'timeout' });
  });

  test('spares the processes that are not its own', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
    await once(other, 'spawn');

    await run('sleep 60', { timeout: 100, grace: 100 });

    expect(platform.identify(other.pid)).toBeDefined();
    other.kill('SIGKILL');
    await once(other, 'exit');
  });
});

async function carriersOf(entry: string): Promise<string[]> {
  const names = (await fs.readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const environ = await fs.readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      return environ.split('\0').includes(entry) ? [name] : [];
    }),
  );
  return found.flat();
}
