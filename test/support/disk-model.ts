import fs from 'node:fs/promises';
import path from 'node:path';

import type { DiskEvent } from './recording-disk.ts';

interface Folder {
  readonly kind: 'folder';
}

interface File {
  readonly kind: 'file';
  bytes: Buffer;
  /** So many of the bytes survive a crash for sure. */
  synced: number;
}

type Node = Folder | File;

/** A name that means something else now, or nothing, and whose folder has not been synced since. */
interface Change {
  readonly path: string;
  readonly node: Node | undefined;
  readonly event: number;
  /** A rename takes the old name away only where it has given the new one. */
  readonly needs?: Change;
}

/** Picks one of so many possibilities: the first is the least that can have survived, the last is all of it. */
export type Choose = (possibilities: number) => number;

/** What lies on a disk after a crash: folders, and files with their content. */
export type CrashedDisk = ReadonlyMap<string, Buffer | 'folder'>;

/**
 * A disk as POSIX promises it and no better: content is safe after the file was synced, a name after its folder was.
 * All else may or may not have reached the disk, in any order; what was written may be there, or be missing, or end
 * anywhere, or be zeros. A rename is never seen half done in the way that loses the file.
 */
export class DiskModel {
  readonly #seen = new Map<string, Node>();
  readonly #durable = new Map<string, Node>();
  #pending: Change[] = [];
  #events = 0;

  apply(event: DiskEvent): void {
    this.#perform(event);
    this.#events++;
  }

  /** One of the disks that a crash now can leave. */
  crash(choose: Choose): CrashedDisk {
    const names = new Map(this.#durable);
    for (const { path: name, node } of this.#survivors(choose)) {
      if (node === undefined) names.delete(name);
      else names.set(name, node);
    }
    const contents = new Map<Node, Buffer | 'folder'>();
    const disk = new Map<string, Buffer | 'folder'>();
    for (const [name, node] of [...names].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const parent = path.dirname(name);
      if (parent !== '.' && disk.get(parent) !== 'folder') continue; // lost with its folder
      const content = contents.get(node) ?? contentOf(node, choose);
      contents.set(node, content);
      disk.set(name, content);
    }
    return disk;
  }

  #perform(event: DiskEvent): void {
    switch (event.kind) {
      case 'mkdir':
        return void this.#change(event.path, { kind: 'folder' });
      case 'create':
        return void this.#change(event.path, { kind: 'file', bytes: Buffer.alloc(0), synced: 0 });
      case 'write': {
        const file = this.#file(event.path);
        file.bytes = Buffer.concat([file.bytes, event.bytes]);
        return;
      }
      case 'fsync': {
        const file = this.#file(event.path);
        file.synced = file.bytes.length;
        return;
      }
      case 'rename': {
        const link = this.#change(event.to, this.#file(event.path));
        return void this.#change(event.path, undefined, link);
      }
      case 'unlink':
        return void this.#change(event.path, undefined);
      case 'sync-folder':
        return this.#sync(event.path, event.since);
    }
  }

  #file(name: string): File {
    const node = this.#seen.get(name);
    if (node?.kind !== 'file') throw new Error(`the trace uses a file that is not there: ${name}`);
    return node;
  }

  #change(name: string, node: Node | undefined, needs?: Change): Change {
    const change = { path: name, node, event: this.#events, ...(needs && { needs }) };
    this.#pending.push(change);
    if (node === undefined) this.#seen.delete(name);
    else this.#seen.set(name, node);
    return change;
  }

  #sync(folder: string, since: number): void {
    const inFolder = (name: string): boolean => path.dirname(name) === (folder || '.');
    const isSafe = (one: Change): boolean => inFolder(one.path) && one.event < since;
    const safe = new Set(withNeeded(this.#pending, this.#pending.filter(isSafe)));
    for (const { path: name, node } of this.#pending.filter((one) => safe.has(one))) {
      if (node === undefined) this.#durable.delete(name);
      else this.#durable.set(name, node);
    }
    this.#pending = this.#pending.filter((one) => !safe.has(one));
  }

  /** Of each name some of its changes, the older ones first, have reached the disk. */
  #survivors(choose: Choose): Change[] {
    const chosen: Change[] = [];
    for (const name of new Set(this.#pending.map((one) => one.path))) {
      const changes = this.#pending.filter((one) => one.path === name);
      chosen.push(...changes.slice(0, choose(changes.length + 1)));
    }
    return withNeeded(this.#pending, chosen);
  }
}

/** The changes, with those that they need and what came before these under the same name; in their order. */
function withNeeded(pending: readonly Change[], chosen: readonly Change[]): Change[] {
  const all = new Set(chosen);
  for (const { needs } of all) {
    if (needs === undefined) continue;
    const older = pending.filter((one) => one.path === needs.path && one.event <= needs.event);
    for (const one of older) all.add(one);
  }
  return pending.filter((one) => all.has(one));
}

function contentOf(node: Node, choose: Choose): Buffer | 'folder' {
  if (node.kind === 'folder') return 'folder';
  const { bytes, synced } = node;
  if (synced === bytes.length) return bytes;
  const way = choose(4);
  if (way === 0) return bytes.subarray(0, synced);
  if (way === 3) return bytes;
  const end = synced + choose(bytes.length - synced);
  const torn = bytes.subarray(0, end);
  return way === 1 ? torn : Buffer.concat([torn, Buffer.alloc(bytes.length - end)]);
}

/** Makes a folder what the disk was. */
export async function materialise(disk: CrashedDisk, root: string): Promise<void> {
  await fs.mkdir(root, { recursive: true });
  for (const [name, content] of disk) {
    const full = path.join(root, name);
    if (content === 'folder') await fs.mkdir(full);
    else await fs.writeFile(full, content, { mode: 0o640 });
  }
}
