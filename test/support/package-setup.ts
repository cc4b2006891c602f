import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder in which the packed package was installed, as a user does. */
    installed: string;
  }
}

const run = promisify(execFile);

/** Packs what was built and installs it into an empty folder. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-installed-'));
  await fs.chmod(folder, 0o755); // tests run it as another user, too
  const { stdout } = await run('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    folder,
  ]);
  const tarball = packedName(JSON.parse(stdout));
  await fs.writeFile(
    path.join(folder, 'package.json'),
    '{ "name": "somebody", "private": true }\n',
  );
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'];
  await run('npm', ['install', ...options, path.join(folder, tarball)], { cwd: folder });
  project.provide('installed', folder);
  return async () => fs.rm(folder, { recursive: true, force: true });
}

/** The only file that was packed: npm 11 prints a list, later ones an object by package name. */
function packedName(printed: unknown): string {
  const [first]: unknown[] =
    typeof printed === 'object' && printed !== null ? Object.values(printed) : [];
  const isPacked = typeof first === 'object' && first !== null && 'filename' in first;
  if (!isPacked) throw new Error('npm pack has packed nothing');
  return String(first.filename);
}
