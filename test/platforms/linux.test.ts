import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { LinuxPlatform } from '../../src/platforms/linux.js';
import { createTemporaryHome } from '../../src/testing/index.js';

const platform = new LinuxPlatform();

describe('identify', () => {
  test('knows this process, and says the same each time', () => {
    const first = platform.identify();

    expect(first).toEqual({
      pid: process.pid,
      started: expect.stringMatching(/^\d+$/),
      bootId: platform.bootId(),
    });
    expect(platform.identify(process.pid)).toEqual(first);
  });

  test('tells two processes apart by their start', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');

    const identity = platform.identify(child.pid);
    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(identity?.started).toSatisfy(
      (started: string) => BigInt(started) > BigInt(platform.identify()?.started ?? 0),
    );
    expect(platform.identify(child.pid)).toBeUndefined();
  });

  test('does not take a zombie for a process', async () => {
    // The shell becomes a program that never asks after its child.
    const parent = spawn('bash', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [output] = await once(parent.stdout, 'data');
    const pid = Number(String(output));

    await vi.waitFor(async () => {
      expect(await fs.readFile(`/proc/${pid}/stat`, 'utf8')).toContain(' Z ');
    });
    const identity = platform.identify(pid);
    parent.kill('SIGKILL');
    await once(parent, 'exit');

    expect(identity).toBeUndefined();
  });

  test.each([-1, 0, 1.5, NaN, 2 ** 40])('finds no process %s', (pid) => {
    expect(platform.identify(pid)).toBeUndefined();
  });
});

describe('scriptCommand', () => {
  test.each([
    ['an executable with a #! line', 'a', '#!/bin/sh\n', 0o755, { file: '', args: [] }],
    [
      'an executable .sh with a #! line',
      'a.sh',
      '#! /bin/dash -e\n',
      0o755,
      { file: '', args: [] },
    ],
    ['a .sh without #! line', 'a.sh', 'true\n', 0o755, { file: 'bash', args: [''] }],
    ['an empty .sh', 'a.sh', '', 0o644, { file: 'bash', args: [''] }],
    ['a .py without #! line', 'a.py', 'pass\n', 0o755, { file: 'python3', args: [''] }],
    [
      'a .sh that lost its execute bit',
      'a.sh',
      '#!/bin/dash -e\n',
      0o644,
      { file: '/bin/dash', args: ['-e', ''] },
    ],
    [
      'a .py that lost its execute bit',
      'a.py',
      '#!/usr/bin/env python3\n',
      0o644,
      { file: '/usr/bin/env', args: ['python3', ''] },
    ],
    [
      'an interpreter with several words, as one argument',
      'a.sh',
      '#!/usr/bin/env -S bash -e\n',
      0o644,
      { file: '/usr/bin/env', args: ['-S bash -e', ''] },
    ],
    [
      'a #! line that ends as on Windows',
      'a',
      '#!/bin/bash\r\n',
      0o755,
      { file: '/bin/bash', args: [''] },
    ],
    ['a #! line without an end', 'a', '#!/bin/sh', 0o755, { file: '', args: [] }],
    ['a binary .sh', 'a.sh', '\0\u0001\u0002', 0o644, { file: 'bash', args: [''] }],
    ['no script: a text', 'README.txt', 'read me\n', 0o644, undefined],
    ['no script: a text that is executable', 'README.txt', 'read me\n', 0o755, undefined],
    ['no script: a #! line without execute bit or extension', 'a', '#!/bin/sh\n', 0o644, undefined],
    ['no script: a #! line that names nothing', 'a', '#!\n', 0o755, undefined],
    ['no script: a dot-file', '.a.sh', '#!/bin/sh\n', 0o755, undefined],
  ] as const)('%s', async (...row) => {
    const [, name, content, mode, expected] = row;
    await using home = await createTemporaryHome();
    const file = await home.write(name, content);
    await fs.chmod(file, mode);

    const command = await platform.scriptCommand(file);

    const whole = (text: string): string => (text === '' ? file : text);
    expect(command).toEqual(
      expected && { file: whole(expected.file), args: expected.args.map(whole) },
    );
  });

  test('a folder, a pipe, a link that leads nowhere and nothing at all are no scripts', async () => {
    await using home = await createTemporaryHome();
    const root = home.home.root;
    await fs.mkdir(path.join(root, 'folder.sh'));
    await fs.symlink('/nowhere', path.join(root, 'dangling.sh'));
    spawnSync('mkfifo', [path.join(root, 'pipe.sh')]);

    const names = ['folder.sh', 'dangling.sh', 'pipe.sh', 'absent.sh'];
    const commands = await Promise.all(
      names.map(async (name) => platform.scriptCommand(path.join(root, name))),
    );

    expect(commands).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('a link that leads to itself is an error that names it', async () => {
    await using home = await createTemporaryHome();
    const file = path.join(home.home.root, 'loop.sh');
    await fs.symlink(file, file);

    await expect(platform.scriptCommand(file)).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_BAD_CONFIG',
      path: file,
    });
  });
});

describe('findProgram', () => {
  test('takes the first executable on PATH and skips what is none', async () => {
    await using home = await createTemporaryHome();
    await home.write('one/tool', 'not executable');
    await fs.mkdir(path.join(home.home.root, 'two/tool'), { recursive: true });
    const third = await home.write('three/tool', '#!/bin/sh\n');
    await fs.chmod(third, 0o755);
    const folders = ['one', 'two', 'absent', 'three'].map((name) =>
      path.join(home.home.root, name),
    );

    expect(await platform.findProgram('tool', { PATH: ['', ...folders].join(':') })).toBe(third);
    expect(await platform.findProgram('other', { PATH: folders.join(':') })).toBeUndefined();
    expect(await platform.findProgram('tool', {})).toBeUndefined();
    expect(await platform.findProgram('', { PATH: folders.join(':') })).toBeUndefined();
  });

  test('takes a name with a separator as it is', async () => {
    expect(await platform.findProgram('/bin/sh', {})).toBe('/bin/sh');
    expect(await platform.findProgram('/bin/absent', { PATH: '/bin' })).toBeUndefined();
  });
});
