import fs from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import type { CheckVerdict } from '../../src/health/check.js';
import { HealthCheck } from '../../src/health/health-check.js';
import { LinuxPlatform } from '../../src/platforms/linux.js';
import { createTemporaryHome } from '../../src/testing/index.js';
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
