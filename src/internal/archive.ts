import fs from 'node:fs';
import path from 'node:path';

import type { ReadEntry, Unpack } from 'tar';

import { JetpackError } from '../errors.js';
import { throwIfAborted } from './abort.js';
import { errnoOf, writeError } from './fs-error.js';
import { unsafePathReason } from './safe-path.js';

/** Options of {@link extractArchive}. */
export interface ArchiveOptions {
  /** @defaultValue 100 000 */
  readonly maxEntries?: number;
  /** Bytes of all files together. @defaultValue 16 GiB */
  readonly maxBytes?: number;
  /** Folders below each other. @defaultValue 64 */
  readonly maxDepth?: number;
  /** A folder that the archive may hold everything in and that will be taken off: no link leads out of it either. */
  readonly wrapper?: string;
  /** What to call the archive in errors. @defaultValue its file name */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/**
 * Extracts a tar archive, compressed or not, into a folder that is there. Modes are kept, without setuid, setgid and
 * sticky; owners are not. Refused, naming the entry: an absolute path, `..`, a link that leads out, a path through a
 * link, a device, a fifo, and whatever is beyond the limits. What was extracted before the refusal is still there, and
 * nothing outside the folder was touched: give it a fresh folder and throw that away.
 *
 * @throws JetpackError `ERR_JETPACK_DAMAGED` (refused, truncated, no archive), `ERR_JETPACK_CANNOT_WRITE`,
 * `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_ABORTED`
 */
export async function extractArchive(
  archive: string,
  folder: string,
  options: ArchiveOptions = {},
): Promise<void> {
  const tar = await import('tar');
  const guard = new EntryGuard(options);
  const name = options.name ?? path.basename(archive);
  const unpack = new tar.Unpack({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    maxDepth: Infinity, // the guard's own says which entry
    filter: (_name, entry) => 'remain' in entry && guard.admits(entry),
  });
  unpack.on('ignoredEntry', (entry: ReadEntry) => guard.admits(entry));
  try {
    await pour(archive, unpack, () => {
      throwIfAborted('extracting an archive', options.signal);
      return guard.refusal === undefined;
    });
  } catch (error) {
    if (guard.refusal === undefined) throw archiveError(error, name, folder);
  }
  if (guard.refusal !== undefined) throw damaged(name, guard.refusal);
}

/** Reads the archive into the unpacker for as long as `goesOn`; resolves when all is on disk. */
async function pour(archive: string, unpack: Unpack, goesOn: () => boolean): Promise<void> {
  let fail: ((error: unknown) => void) | undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  const closed = new Promise<void>((resolve) => unpack.once('close', resolve));
  unpack.on('error', (error: unknown) => fail?.(error));
  failed.catch(() => undefined); // it is raced below; a failure after the end of the race has told already
  const source: AsyncIterable<Buffer> = fs.createReadStream(archive);
  for await (const chunk of source) {
    if (!goesOn()) {
      unpack.abort(new Error('refused'));
      return;
    }
    if (!unpack.write(chunk)) {
      await Promise.race([failed, new Promise((resolve) => unpack.once('drain', resolve))]);
    }
  }
  unpack.end();
  await Promise.race([failed, closed]);
}

const plainTypes: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory']);

/** Decides on each entry by its header, before a byte of it is written. */
class EntryGuard {
  refusal: string | undefined;
  readonly #options: ArchiveOptions;
  #entries = 0;
  #bytes = 0;
  /** Folded names of all entries so far, and whether each is a link. */
  readonly #seen = new Map<string, boolean>();

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  admits(entry: ReadEntry): boolean {
    if (this.refusal !== undefined) return false;
    const why = this.#reason(entry);
    if (why !== undefined) {
      this.refusal = `${JSON.stringify(entry.path)} is refused: ${why}`;
      return false;
    }
    entry.mode = (entry.mode ?? 0o644) & 0o777;
    return true;
  }

  #reason(entry: ReadEntry): string | undefined {
    const { maxEntries = 100_000, maxBytes = 16 * 1024 ** 3, maxDepth = 64 } = this.#options;
    this.#entries += 1;
    this.#bytes += entry.size;
    if (this.#entries > maxEntries) return `there are more than ${maxEntries} entries`;
    if (this.#bytes > maxBytes) return `there are more than ${maxBytes} bytes`;
    const unsafe = unsafePathReason(entry.path);
    if (unsafe !== undefined) return unsafe;
    const segments = segmentsOf(entry.path);
    if (segments.length > maxDepth) return `it is more than ${maxDepth} folders deep`;
    return this.#typeReason(entry, segments);
  }

  #typeReason(entry: ReadEntry, segments: readonly string[]): string | undefined {
    const name = fold(segments);
    const through = segments.findIndex((_, end) => this.#seen.get(fold(segments.slice(0, end))));
    if (through > 0 || this.#seen.get(name) === true) return 'its path goes through a link';
    const isLink = entry.type === 'SymbolicLink';
    if (isLink && this.#seen.has(name)) return 'a link takes the name of another entry';
    this.#seen.set(name, isLink);
    if (plainTypes.has(entry.type)) return undefined;
    const wrappers = segments[0] === this.#options.wrapper ? 2 : 1;
    if (isLink) return linkReason(entry.linkpath ?? '', segments.length - wrappers);
    if (entry.type === 'Link') return this.#hardLinkReason(entry.linkpath ?? '');
    return `it is a ${entry.type}`;
  }

  /** Only to a file that this archive has brought. */
  #hardLinkReason(target: string): string | undefined {
    if (unsafePathReason(target) !== undefined) return 'it is a hard link that leads out';
    const isOurs = this.#seen.get(fold(segmentsOf(target))) === false;
    return isOurs ? undefined : 'it is a hard link to something that is not in the archive';
  }
}

/**
 * A symbolic link may climb at most to the archive's own folder, and only at its beginning: since no entry's path goes
 * through a link, such a target cannot leave, whatever other links it meets.
 */
function linkReason(target: string, depth: number): string | undefined {
  if (target === '' || /^(?:[/\\]|[A-Za-z]:)/.test(target) || target.includes('\0')) {
    return 'it is a link that leads out';
  }
  const segments = target.split(/[/\\]/).filter((segment) => segment !== '' && segment !== '.');
  const plain = segments.findIndex((segment) => segment !== '..');
  const climbs = plain === -1 ? segments.length : plain;
  const leadsOut = climbs > depth || segments.slice(climbs).includes('..');
  return leadsOut ? 'it is a link that leads out' : undefined;
}

function segmentsOf(name: string): string[] {
  return name.split(/[/\\]/).filter((segment) => segment !== '' && segment !== '.');
}

/** Names that a file system may hold for one and the same: case and Unicode form do not tell them apart. */
function fold(segments: readonly string[]): string {
  return segments.join('/').normalize('NFC').toLowerCase();
}

function archiveError(error: unknown, name: string, folder: string): JetpackError {
  if (error instanceof JetpackError) return error;
  const fromDisk = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE'];
  if (fromDisk.includes(errnoOf(error) ?? '')) return writeError(error, folder);
  const why = error instanceof Error ? error.message : String(error);
  return damaged(name, why, error);
}

function damaged(name: string, why: string, cause?: unknown): JetpackError {
  return new JetpackError('ERR_JETPACK_DAMAGED', `cannot extract ${name}: ${why}`, { cause });
}
