import fs from 'node:fs/promises';
import path from 'node:path';

import { checkContent } from '../internal/check-content.js';
import { realDisk } from '../internal/disk.js';
import { fingerprint } from '../internal/fingerprint.js';
import { errnoOf, writeError } from '../internal/fs-error.js';
import type { LockerBlob, LockerEntry } from '../locker.js';
import { saveContent, type SavedContent } from './save-content.js';

let counter = 0;

/**
 * Downloaded content, each file under the MD5 of what is in it (the one hash that lockers give, so that a listing alone
 * tells what is here already). Which etag had which content is remembered in `index`, a line each: lines are only
 * appended, and one that a crash cut off is passed over.
 */
export class ContentCache {
  readonly #folder: string;
  #index: Promise<Map<string, string>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where the content of that MD5 is, or would be. */
  file(md5: string): string {
    return path.join(this.#folder, md5);
  }

  /** The MD5 of an entry's content when that content is here. */
  async find(target: string, entry: LockerEntry): Promise<string | undefined> {
    const md5 = entry.md5 ?? (await this.#known(target, entry));
    if (md5 === undefined) return undefined;
    const stat = await fs.stat(this.file(md5)).catch(() => undefined); // what cannot be read is fetched again
    const isWhole = stat?.isFile() === true && (entry.size ?? stat.size) === stat.size;
    return isWhole ? md5 : undefined;
  }

  /**
   * Reads a blob to its end and keeps it, whole or not at all. Resolves with the MD5 and the number of bytes.
   *
   * @throws JetpackError `ERR_JETPACK_DAMAGED` when it is not what the listing, the manifest or the locker said
   */
  async add(target: string, entry: LockerEntry, blob: LockerBlob): Promise<SavedContent> {
    const temporary = path.join(this.#folder, `.${process.pid}.${counter++}.tmp`);
    try {
      await realDisk.makeFolder(this.#folder, 0o750);
      const got = await saveContent(blob, temporary, { mode: 0o640 });
      checkContent({ ...blob, ...entry }, got);
      await fs.rename(temporary, this.file(got.md5));
      await this.#remember(target, entry, got.md5);
      return got;
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw writeError(error, this.#folder);
    }
  }

  async #known(target: string, entry: LockerEntry): Promise<string | undefined> {
    if (entry.etag === undefined) return undefined;
    this.#index ??= this.#readIndex();
    return (await this.#index).get(await keyOf(target, entry));
  }

  async #remember(target: string, entry: LockerEntry, md5: string): Promise<void> {
    if (entry.etag === undefined) return;
    const key = await keyOf(target, entry);
    (await this.#index)?.set(key, md5);
    await fs.appendFile(path.join(this.#folder, 'index'), `${key} ${md5}\n`, { mode: 0o640 });
  }

  async #readIndex(): Promise<Map<string, string>> {
    let text = '';
    try {
      text = await fs.readFile(path.join(this.#folder, 'index'), 'latin1');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    const lines = text.matchAll(/^([0-9a-f]{64}) ([0-9a-f]{32})$/gm);
    return new Map(Array.from(lines, ([, key = '', md5 = '']) => [key, md5]));
  }
}

async function keyOf(target: string, entry: LockerEntry): Promise<string> {
  return fingerprint([target, entry.path, entry.etag ?? '', String(entry.size ?? '')]);
}
