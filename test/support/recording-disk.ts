import path from 'node:path';

import { makeFolderDurably, realDisk } from '../../src/internal/disk.js';
import type { Disk } from '../../src/internal/disk.js';

/** One thing that was done to a disk. Paths are relative to the folder that is recorded. */
export type DiskEvent =
  | { readonly kind: 'mkdir' | 'create' | 'fsync' | 'unlink'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  /** Only what was done before the event number `since` is sure to be covered. */
  | { readonly kind: 'sync-folder'; readonly path: string; readonly since: number };

/**
 * The real disk, with a trace of all that is done to it. What is done counts from when it is complete: whoever asked for
 * it hears of it later than the trace.
 */
export class RecordingDisk implements Disk {
  readonly events: DiskEvent[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async makeFolder(folder: string, mode: number): Promise<void> {
    const sync = async (synced: string): Promise<void> => {
      this.#recordFolders(folder);
      await this.syncFolder(synced);
    };
    await makeFolderDurably(folder, mode, sync);
  }

  async writeFile(file: string, chunks: readonly Uint8Array[], mode: number): Promise<void> {
    await realDisk.writeFile(file, chunks, mode);
    const written = this.#relative(file);
    this.events.push({ kind: 'create', path: written });
    for (const chunk of chunks) {
      this.events.push({ kind: 'write', path: written, bytes: Buffer.from(chunk) });
    }
    this.events.push({ kind: 'fsync', path: written });
  }

  async rename(from: string, to: string): Promise<void> {
    await realDisk.rename(from, to);
    this.events.push({ kind: 'rename', path: this.#relative(from), to: this.#relative(to) });
  }

  async remove(file: string): Promise<void> {
    await realDisk.remove(file);
    this.events.push({ kind: 'unlink', path: this.#relative(file) });
  }

  async syncFolder(folder: string): Promise<void> {
    const since = this.events.length;
    await realDisk.syncFolder(folder);
    this.events.push({ kind: 'sync-folder', path: this.#relative(folder), since });
  }

  async list(folder: string): Promise<string[]> {
    return realDisk.list(folder);
  }

  /** All levels of a new folder that were not recorded yet. */
  #recordFolders(folder: string): void {
    const levels = this.#relative(folder).split(path.sep);
    for (let depth = 1; depth <= levels.length; depth++) {
      const made = levels.slice(0, depth).join(path.sep);
      const isKnown = this.events.some(
        ({ kind, path: other }) => kind === 'mkdir' && other === made,
      );
      if (!isKnown) this.events.push({ kind: 'mkdir', path: made });
    }
  }

  #relative(file: string): string {
    return path.relative(this.#root, file);
  }
}
