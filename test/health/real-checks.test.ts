import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import type { CheckVerdict } from '../../src/health/check.js';
import { HealthCheck } from '../../src/health/health-check.js';
import { LinuxPlatform } from '../../src/platforms/linux.js';
import { createTemporaryHome } from '../../src/testing/index.js';
import { writePlainSource } from '../support/plain-source.js';
import { RecordingSender } from '../support/recording-sender.js';
import { settingsOf } from '../support/settings.js';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/health');

/** Runs real scripts of the fixtures as the checks of a node. */
async function runChecks(
  names: readonly string[],
  settings: object = {},
): Promise<Map<string, CheckVerdict>> {
  await using temporary = await createTemporaryHome();
  const { home } = temporary;
  await fs.mkdir(home.healthChecks, { recursive: true });
  for (const name of names)
    await fs.copyFile(path.join(fixtures, name), path.join(home.healthChecks, name));
  const check = new HealthCheck({
    home,
    sender: new RecordingSender(),
    platform: new LinuxPlatform(),
    keepAlive: { status: async () => ({ state: 'inactive' }) },
    config: settingsOf({ ...settings }),
  });
  const { verdicts } = await check.runOnce();
  return new Map(verdicts.map((verdict) => [verdict.check, verdict]));
}

test('real scripts are run, with execute bit or without, and those that are none are not', async () => {
  const verdicts = await runChecks([
    'healthy.sh',
    'no-execute-bit.sh',
    'unhealthy.py',
    'program',
    'broken.sh',
    'README.txt',
  ]);

  expect(
    [...verdicts.values()].map(({ check, verdict, exitCode, message }) => [
      check,
      verdict,
      exitCode,
      message,
    ]),
  ).toEqual([
    ['broken.sh', 'unknown', undefined, expect.stringContaining('interpreter')],
    ['healthy.sh', 'healthy', 0, '2 disks are fine'],
    ['no-execute-bit.sh', 'unhealthy', 254, 'the execute bit is gone'],
    ['program', 'unknown', 3, 'exit code 3: cannot reach the licence server'],
    ['unhealthy.py', 'unhealthy', 254, 'gpu 3 is gone'],
  ]);
  expect(verdicts.get('unhealthy.py')?.metrics).toEqual({ gpus: 7 });
});

test('a check that prints without end and hangs is ended with all it has started, and leaves the others alone', async () => {
  const verdicts = await runChecks(['endless.sh', 'healthy.sh'], { timeout: 1 });

  expect(verdicts.get('healthy.sh')?.verdict).toBe('healthy');
  expect(verdicts.get('endless.sh')).toMatchObject({
    verdict: 'unknown',
    message: expect.stringContaining('endless.sh did not end within 1 s'),
  });
  const tail = verdicts.get('endless.sh')?.outputTail ?? '';
  expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4096);
  expect(tail).toContain('noise');
  const left = await carriersOf('JETPACK_TEST=endless');
  expect(left).toEqual([]);
});

test.each([
  ['a folder', 0o000, 0o755, 'ERR_JETPACK_PERMISSION'],
  ['a script', 0o755, 0o000, 'check.sh unknown'],
] as const)('%s that this user may not read is told, not passed over', async (...row) => {
  const [, folderMode, scriptMode, expected] = row;
  await using temporary = await createTemporaryHome();
  const { root, healthChecks } = temporary.home;
  const source = path.join(root, 'source');
  await writePlainSource(source, [
    'errors',
    'health/check-output',
    'health/script-check',
    'internal/fs-error',
    'internal/json',
    'internal/state-file',
    'platforms/find-program',
    'platforms/linux',
    'platforms/linux-process',
  ]);
  const program = path.join(source, 'list-checks.mjs');
  await fs.copyFile(path.join(fixtures, 'list-checks.mjs'), program);
  await fs.chmod(await temporary.write('config/healthcheck.d/check.sh', '#!/bin/sh\n'), scriptMode);
  await fs.chmod(healthChecks, folderMode);
  await fs.chmod(root, 0o755);
  // Root may read anything, so another user tries.
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

  const { stdout } = spawnSync(process.execPath, [program, source, healthChecks], {
    encoding: 'utf8',
    ...asNobody,
  });
  await fs.chmod(healthChecks, 0o755);

  expect(stdout).toBe(expected);
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
