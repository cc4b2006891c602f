import fs from 'node:fs/promises';
import path from 'node:path';

import type { Disk } from '../internal/disk.js';
import { errnoOf, readError, writeError } from '../internal/fs-error.js';
import type { Platform } from '../platform.js';
import type { BatchKeys, BatchName } from './batch-name.js';
import { minus, parseBatchName, renamed, total } from './batch-name.js';
import type { DecodedBatch, EncodedBatch, StoredMessage } from './record.js';
import { decodeBatch, encodeBatch } from './record.js';

/** What {@link OutboxFolder} is made from. */
export interface OutboxFolderOptions {
  /** `run/outbox`. */
  readonly root: string;
  readonly disk: Disk;
  readonly keys: BatchKeys;
}

/** What lies in `new/`. */
export interface Listing {
  /** Oldest first, each batch once. */
  readonly batches: readonly BatchName[];
  /** Files whose batch is there with less in it: an end of a rewrite that a crash prevented. */
  readonly superseded: readonly BatchName[];
  /** Files that are none of ours. */
  readonly foreign: readonly string[];
}

const fileMode = 0o640;
const folderMode = 0o750;

/** A file in `tmp/` is left over when its writer is dead and it is older than that: milliseconds. */
const leftoverAge = 60_000;

/**
 * The mail folder: `tmp/` for what is being written, `new/` for what is accepted, `bad/` for what was set aside. No lock
 * is needed to add; everything that takes away is done by one process at a time.
 */
export class OutboxFolder {
  readonly root: string;
  readonly keys: BatchKeys;
  readonly #disk: Disk;

  constructor({ root, disk, keys }: OutboxFolderOptions) {
    this.root = root;
    this.keys = keys;
    this.#disk = disk;
  }

  /** Adds a batch, durably: when it resolves, no crash takes it back. Nothing is left behind when it rejects. */
  async add(key: string, content: EncodedBatch): Promise<BatchName> {
    const batch = renamed({ key }, content);
    await this.#write('new', batch, content);
    return batch;
  }

  async list(): Promise<Listing> {
    const names = await this.#names('new');
    const batches = new Map<string, BatchName>();
    const superseded: BatchName[] = [];
    const foreign: string[] = [];
    for (const name of names) {
      const batch = parseBatchName(name);
      if (batch === undefined) {
        foreign.push(name);
        continue;
      }
      const other = batches.get(batch.key);
      // What is left of a batch only ever shrinks: the smaller one is the younger.
      const isYounger = other === undefined || total(batch.counts) < total(other.counts);
      if (isYounger) batches.set(batch.key, batch);
      const loser = isYounger ? other : batch;
      if (loser !== undefined) superseded.push(loser);
    }
    const sorted = [...batches.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return { batches: sorted, superseded, foreign };
  }

  /** What was set aside: batches of ours, and names of files that are none. */
  async listAside(): Promise<{ batches: BatchName[]; foreign: string[] }> {
    const names = (await this.#names('bad')).toSorted();
    const batches = names.map(parseBatchName).filter((batch) => batch !== undefined);
    return { batches, foreign: names.filter((name) => parseBatchName(name) === undefined) };
  }

  /** Reads a batch; `undefined` when it is gone. Damage to the file is an answer, not an error. */
  async read(batch: BatchName, where: 'new' | 'bad' = 'new'): Promise<DecodedBatch | undefined> {
    const file = this.#file(where, batch.name);
    try {
      const { size } = await fs.stat(file);
      // A file that is not the size its name says may be of any size: it is not read into memory.
      if (size > batch.bytes) return { messages: [], damage: `${size} bytes` };
      const decoded = decodeBatch(await fs.readFile(file));
      const complete = decoded.messages.length === total(batch.counts);
      return complete || decoded.damage !== undefined
        ? decoded
        : { ...decoded, damage: 'not as many messages as its name says' };
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw readError(error, file);
    }
  }

  /** Leaves only the rest of a batch, at its place in the order; nothing of it when the rest is empty. */
  async shrink(batch: BatchName, rest: readonly StoredMessage[]): Promise<void> {
    if (rest.length > 0) {
      const content = encodeBatch(rest);
      const smaller = renamed(batch, content);
      await this.#write('new', smaller, content);
      if (smaller.name === batch.name) return;
    }
    await this.remove(batch);
  }

  async remove(batch: BatchName, where: 'new' | 'bad' = 'new'): Promise<void> {
    const file = this.#file(where, batch.name);
    try {
      await this.#disk.remove(file);
    } catch (error) {
      throw writeError(error, file);
    }
  }

  /** Puts messages into `bad/`, in a file of their own that keeps the batch's time. */
  async setAside(batch: BatchName, messages: readonly StoredMessage[]): Promise<void> {
    const content = encodeBatch(messages);
    await this.#write('bad', renamed({ key: this.keys.next(batch.time) }, content), content);
  }

  /**
   * Moves a damaged file whole into `bad/`, under a name that counts what of it could not be read, and leaves what
   * could be read in the queue.
   */
  async quarantine(batch: BatchName, readable: readonly StoredMessage[]): Promise<void> {
    const rest = encodeBatch(readable);
    const lost = renamed(
      { key: this.keys.next(batch.time) },
      { counts: minus(batch.counts, rest.counts), bytes: batch.bytes },
    );
    await this.#move(batch.name, lost.name);
    if (readable.length > 0) await this.#write('new', renamed(batch, rest), rest);
  }

  /** Moves a file that is none of ours out of the way. */
  async quarantineForeign(name: string): Promise<void> {
    await this.#move(name, name);
  }

  /** Removes what writers that died have left in `tmp/`. */
  async clean(now: number, processes: Pick<Platform, 'identify'>): Promise<void> {
    for (const name of await this.#names('tmp')) {
      const batch = parseBatchName(name);
      if (batch === undefined || now - batch.time < leftoverAge) continue;
      if (processes.identify(batch.pid) !== undefined) continue;
      await this.#disk.remove(this.#file('tmp', name));
    }
  }

  /** Puts a message that was set aside into the queue again, at its old place in the order. */
  async requeue(batch: BatchName, stored: StoredMessage): Promise<void> {
    const content = encodeBatch([stored]);
    await this.#write('new', renamed({ key: this.keys.next(batch.time) }, content), content);
  }

  /** The full path of a file, for messages. */
  pathOf(where: 'new' | 'bad', name: string): string {
    return this.#file(where, name);
  }

  async #move(from: string, to: string): Promise<void> {
    try {
      await this.#prepare('bad');
      await this.#disk.rename(this.#file('new', from), this.#file('bad', to));
      await this.#disk.syncFolder(path.join(this.root, 'bad'));
    } catch (error) {
      throw writeError(error, this.#file('bad', to));
    }
  }

  async #write(where: 'new' | 'bad', batch: BatchName, content: EncodedBatch): Promise<void> {
    try {
      await this.#tryWrite(where, batch, content);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw writeError(error, this.root);
      await this.#writeAgain(where, batch, content);
    }
  }

  /** The first message of a home, or somebody removed the folders. Looking for them each time costs more than all else. */
  async #writeAgain(where: 'new' | 'bad', batch: BatchName, content: EncodedBatch): Promise<void> {
    try {
      await this.#prepare(where);
      await this.#tryWrite(where, batch, content);
    } catch (error) {
      throw writeError(error, this.root);
    }
  }

  async #tryWrite(where: 'new' | 'bad', batch: BatchName, content: EncodedBatch): Promise<void> {
    const temporary = this.#file('tmp', batch.name);
    const final = this.#file(where, batch.name);
    try {
      await this.#disk.writeFile(temporary, content.chunks, fileMode);
      await this.#disk.rename(temporary, final);
      await this.#disk.syncFolder(path.dirname(final));
    } catch (error) {
      // Who is told that it failed must not see it delivered. The first error is the one that tells.
      await this.#disk.remove(temporary).catch(() => undefined);
      await this.#disk.remove(final).catch(() => undefined);
      throw error;
    }
  }

  async #prepare(where: 'new' | 'bad'): Promise<void> {
    for (const folder of [where, 'tmp']) {
      await this.#disk.makeFolder(path.join(this.root, folder), folderMode);
    }
  }

  async #names(folder: string): Promise<string[]> {
    const full = path.join(this.root, folder);
    try {
      return await this.#disk.list(full);
    } catch (error) {
      // A home that is no folder cannot hold an outbox: that is about writing, not about reading.
      throw errnoOf(error) === 'ENOTDIR' ? writeError(error, full) : readError(error, full);
    }
  }

  #file(folder: string, name: string): string {
    return path.join(this.root, folder, name);
  }
}
