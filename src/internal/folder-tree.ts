import fs from 'node:fs/promises';
import path from 'node:path';

import { realDisk } from './disk.js';
import { eachOf } from './each-of.js';
import { errnoOf } from './fs-error.js';

const width = 8;

/** Removes a folder with all that is in it. Nothing happens when it is not there. */
export async function removeTree(folder: string): Promise<void> {
  // Retries: a program that still runs there may put a file in while we empty it.
  await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Makes every file and every name below a folder durable. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  await eachOf(
    entries.filter((entry) => entry.isFile()),
    width,
    async (entry) => syncFile(path.join(folder, entry.name)),
  );
  for (const entry of entries) {
    if (entry.isDirectory()) await syncTree(path.join(folder, entry.name));
  }
  await realDisk.syncFolder(folder);
}

async function syncFile(file: string): Promise<void> {
  // Windows flushes only through a handle that may write.
  const handle = await fs.open(file, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts a folder in the place of another by two renames, then removes the old one, which waits under the name `old` in
 * between. What dies in between is mended by {@link recoverSwap}. All three must be on one file system.
 */
export async function swapFolder(fresh: string, target: string, old: string): Promise<void> {
  await removeTree(old);
  await realDisk.makeFolder(path.dirname(target), 0o755);
  await realDisk.makeFolder(path.dirname(old), 0o755);
  try {
    await fs.rename(target, old);
    await realDisk.syncFolder(path.dirname(old));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  await fs.rename(fresh, target);
  await realDisk.syncFolder(path.dirname(target));
  await removeTree(old);
}

/** After a crash within {@link swapFolder}: the old folder comes back if the new one had not arrived, else it goes. */
export async function recoverSwap(target: string, old: string): Promise<void> {
  if (!(await isThere(old))) return;
  if (await isThere(target)) await removeTree(old);
  else await fs.rename(old, target);
}

async function isThere(file: string): Promise<boolean> {
  try {
    await fs.lstat(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** The names in a folder in the order of their bytes; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await fs.readdir(folder);
    return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
