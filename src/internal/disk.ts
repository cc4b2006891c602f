import fs from 'node:fs/promises';
import path from 'node:path';

import { errnoOf } from './fs-error.js';

/**
 * The file operations that durability is built from. Everything the outbox and the atomic file do to a disk goes through
 * these six, so that a test can record them and cut the power after any of them.
 *
 * @public
 */
export interface Disk {
  /** Makes a folder and its parents, durably. Nothing happens when it is there. */
  makeFolder(folder: string, mode: number): Promise<void>;
  /** Writes a new file whole and syncs its content. Rejects with EEXIST when the name is taken. */
  writeFile(file: string, chunks: readonly Uint8Array[], mode: number): Promise<void>;
  /** Gives a file another name, replacing what had it. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. Nothing happens when it is not there. */
  remove(file: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>;
  /** The names in a folder; none when it is not there. */
  list(folder: string): Promise<string[]>;
}

async function ignoring(code: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (errnoOf(error) !== code) throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no way to sync a folder: its file system journals names itself.
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder with its parents, and syncs whatever holds a new one: the name of each must be as durable as what is put
 * into it, and to sync a folder says nothing of those above.
 */
export async function makeFolderDurably(
  folder: string,
  mode: number,
  sync: Disk['syncFolder'],
): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true, mode });
  if (first === undefined) return;
  let made = folder;
  while (made !== first) {
    made = path.dirname(made);
    await sync(made);
  }
  await sync(path.dirname(first));
}

/** The real disk. */
export const realDisk: Disk = {
  makeFolder: async (folder, mode) => makeFolderDurably(folder, mode, syncFolder),
  writeFile: async (file, chunks, mode) => {
    const handle = await fs.open(file, 'wx', mode);
    try {
      for (const chunk of chunks) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename: async (from, to) => fs.rename(from, to),
  remove: async (file) => ignoring('ENOENT', fs.unlink(file)),
  syncFolder,
  list: async (folder) => {
    try {
      return await fs.readdir(folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
};
