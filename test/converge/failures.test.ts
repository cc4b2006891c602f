import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { readLastConverge } from '../../src/converge/journal.js';
import { JetpackError } from '../../src/errors.js';
import { tryLock } from '../../src/internal/lock.js';
import { detectPlatform } from '../../src/platforms/detect.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { createConvergeNode } from '../support/converge-node.js';

const shell = (text: string): string => `#!/bin/bash\n${text}\n`;

describe('a failing script', () => {
  it('stops the converge, and the end of its output goes to the server', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'scripts/10-bad.sh', shell('seq 2000; echo the reason >&2; exit 3'));
    await node.put('p/1/s', 'scripts/20-never.sh', shell('touch "$CYCLECLOUD_HOME/never"'));
    node.assign('p/1/s');

    await expect(node.converge()).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_CONVERGE',
      exitCode: 3,
      message: 'the script scripts/10-bad.sh of p:s:1 failed: exit 3',
    });
    const report = node.reports.at(-1);
    expect(report).toMatchObject({
      phase: 'failed',
      step: 'scripts',
      failure: { project: 'p', spec: 's', script: '10-bad.sh', exitCode: 3 },
    });
    expect(report?.failure?.outputTail).toMatch(/1999\n2000\nthe reason\n$/);
    expect(Buffer.byteLength(report?.failure?.outputTail ?? '')).toBeLessThanOrEqual(4096);
    await expect(fs.stat(path.join(node.home.root, 'never'))).rejects.toThrow('ENOENT');
    expect(await readLastConverge(node.home)).toMatchObject({
      state: 'failed',
      step: 'scripts',
      failure: { script: '10-bad.sh', exitCode: 3 },
    });
  });

  it('runs again in the next converge, after those that went well were skipped', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put(
      'p/1/s',
      'scripts/10-good.sh',
      shell('echo good >> "$CYCLECLOUD_HOME/said.txt"'),
    );
    await node.put('p/1/s', 'scripts/20-bad.sh', shell('test -f "$CYCLECLOUD_HOME/mended"'));
    node.assign('p/1/s');
    await expect(node.converge()).rejects.toThrow('20-bad.sh');
    await fs.writeFile(path.join(node.home.root, 'mended'), '');

    const result = await node.converge();

    expect(result.scripts).toEqual({ ran: 1, skipped: 1 });
    expect(await node.said()).toEqual(['good']);
  });

  it('with Windows line ends gets a hint that says so', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'scripts/a.sh', '#!/bin/bash\r\ntrue\r\n');
    node.assign('p/1/s');

    await expect(node.converge()).rejects.toMatchObject({
      code: 'ERR_JETPACK_CONVERGE',
      hint: 'there is a \\r at the end of its first line: save it with Unix line ends',
    });
  });
});

describe('a script', () => {
  it.each([
    ['reads standard input gets its end', 'cat; echo read', 'read'],
    ['is not UTF-8 runs as it is', 'printf "caf\\xe9\\n"', 'caf\u{FFFD}'],
    ['starts a daemon does not wait for it', 'setsid sleep 5 & echo started', 'started'],
  ])('that %s', async (_title, body, line) => {
    await using node = await createConvergeNode({ empty: true });
    const text = Buffer.concat([Buffer.from(shell(body)), Buffer.from([0x23, 0xe9, 0x0a])]);
    await node.put('p/1/s', 'scripts/a.sh', text);
    node.assign('p/1/s');

    const result = await node.converge();

    expect(result.scripts.ran).toBe(1);
    expect(result.duration).toBeLessThan(4000);
    expect(node.events).toContainEqual(expect.objectContaining({ type: 'output', text: line }));
  });

  it('that prints without end leaves a bounded log with its last words', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put(
      'p/1/s',
      'scripts/a.sh',
      shell('head -c 20000000 /dev/zero | tr "\\0" x; echo last'),
    );
    node.assign('p/1/s');

    await node.make({ maxLogBytes: 100_000 }).converge();

    const log = path.join(node.home.logs, 'cluster-init/p/s/scripts/a.sh.out');
    const text = await fs.readFile(log, 'utf8');
    expect(text.length).toBeLessThan(110_000);
    expect(text).toMatch(/bytes are not kept here[^\n]*\nx+last\n$/);
  });
});

describe('a locker that does not have what is assigned', () => {
  it.each([
    ['demo/1.0.0/nothere', 'demo 1.0.0 has the specs default, scheduler'],
    ['demo/2.0.0/default', 'demo has the versions 1.0.0'],
    ['other/1.0.0/default', 'the locker has the projects demo'],
  ])('names %s, where it looked, and what is there instead', async (spec, hint) => {
    await using node = await createConvergeNode();
    node.assign(spec);
    const [project, version, name] = spec.split('/');

    const failure: unknown = await node.converge().catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'ERR_JETPACK_CONVERGE', hint });
    expect(String(failure)).toContain(`${project}:${name}:${version}`);
    expect(String(failure)).toContain(`looked in projects/${spec} and cache/projects/${spec}`);
    expect(node.reports.at(-1)).toMatchObject({
      phase: 'failed',
      failure: { recommendation: hint },
    });
  });

  it('is asked for the mirrored copy second', async () => {
    await using node = await createConvergeNode();
    await fs.mkdir(path.join(node.locker, 'cache'));
    await fs.rename(path.join(node.locker, 'projects'), path.join(node.locker, 'cache/projects'));

    const result = await node.converge();

    expect(result.scripts.ran).toBe(5);
  });
});

describe('a damaged project', () => {
  it('with a manifest that is no JSON is refused, and nothing is installed', async () => {
    await using node = await createConvergeNode();
    await fs.writeFile(path.join(node.locker, 'projects/demo/1.0.0/manifest.json'), '{"specs": ');

    await expect(node.converge()).rejects.toMatchObject({
      code: 'ERR_JETPACK_DAMAGED',
      message: expect.stringContaining('projects/demo/1.0.0/manifest.json'),
    });
    await expect(fs.stat(path.join(node.home.clusterInit, 'demo'))).rejects.toThrow('ENOENT');
  });

  it('with a file that differs from its checksum is refused, and the old one stays', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'files/a.txt', 'good');
    node.assign('p/1/s');
    await node.converge();
    await node.put('p/1/s', 'files/a.txt', 'evil');
    const files = [{ path: 's/cluster-init/files/a.txt', checksum: 'f'.repeat(32) }];
    const manifest = path.join(node.locker, 'projects/p/1/manifest.json');
    await fs.writeFile(manifest, JSON.stringify({ files }));

    await expect(node.converge()).rejects.toMatchObject({ code: 'ERR_JETPACK_DAMAGED' });
    expect(await node.installed('p/s/files/a.txt')).toBe('good');
    expect(node.reports.at(-1)).toMatchObject({ phase: 'failed', step: 'fetch' });
  });
});

describe('a home', () => {
  it('that cannot be written is named, and the converge does not begin', async () => {
    await using node = await createConvergeNode();
    await fs.writeFile(node.home.run, 'a file in the place of the folder');

    await expect(node.converge()).rejects.toMatchObject({
      code: 'ERR_JETPACK_CANNOT_WRITE',
      path: path.join(node.home.run, 'converge.lock'),
    });
    expect(node.reports).toEqual([]);
  });
});

describe('two converges of one home', () => {
  it('do not run at once: the second is told who runs, and queues no report', async () => {
    await using node = await createConvergeNode();
    const lock = path.join(node.home.run, 'converge.lock');
    const { held } = await tryLock(lock, 'converge', detectPlatform());

    await expect(node.converge()).rejects.toMatchObject({
      name: 'TemporaryError',
      code: 'ERR_JETPACK_LOCKED',
      message: expect.stringContaining(`process ${process.pid} (converge, since `),
    });
    expect(node.reports).toEqual([]);
    await held?.release();
    expect(await node.converge()).toMatchObject({ scripts: { ran: 5 } });
  });

  it('run one after the other when the second has time to wait', async () => {
    await using node = await createConvergeNode();
    const clock = new ManualClock();
    const { held } = await tryLock(
      path.join(node.home.run, 'converge.lock'),
      'converge',
      detectPlatform(),
    );
    const converging = node.make({ clock }).converge({
      waitLock: 10_000,
      onProgress: (event) => {
        if (event.type === 'lock-waiting') void held?.release();
      },
    });
    while (clock.sleeping === 0) await new Promise(setImmediate);
    while (clock.sleeping > 0) await clock.advance(500);

    expect(await converging).toMatchObject({ scripts: { ran: 5 } });
  });
});

describe('a caller who gives up', () => {
  it('ends the running script, and the next converge goes on', async () => {
    await using node = await createConvergeNode({ empty: true });
    await node.put('p/1/s', 'scripts/10-a.sh', shell('echo a >> "$CYCLECLOUD_HOME/said.txt"'));
    const wait = 'test -f "$CYCLECLOUD_HOME/go" && exit 0; echo waiting; sleep 60';
    await node.put('p/1/s', 'scripts/20-b.sh', shell(wait));
    node.assign('p/1/s');
    const controller = new AbortController();

    const converging = node.converger.converge({
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'output' && event.text === 'waiting') controller.abort();
      },
    });

    await expect(converging).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
    expect(await readLastConverge(node.home)).toMatchObject({
      state: 'interrupted',
      step: 'scripts',
    });
    await fs.writeFile(path.join(node.home.root, 'go'), '');
    const result = await node.converge();
    expect(result.scripts).toEqual({ ran: 1, skipped: 1 });
    expect(node.events[0]).toMatchObject({ type: 'resumed', step: 'scripts' });
    expect(await node.said()).toEqual(['a']);
  });
});

describe('an outbox that takes no report', () => {
  it('gives a warning and does not stop the converge', async () => {
    await using node = await createConvergeNode();
    const full = new JetpackError('ERR_JETPACK_OUTBOX_FULL', 'the outbox is full');
    const sender = { report: async () => Promise.reject(full) };

    const result = await node
      .make({ sender })
      .converge({ onProgress: (event) => node.events.push(event) });

    expect(result.scripts.ran).toBe(5);
    expect(node.events).toContainEqual({
      type: 'warning',
      message: 'cannot report the converge: the outbox is full',
    });
  });
});
