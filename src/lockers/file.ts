import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { JetpackError } from '../errors.js';
import { throwIfAborted } from '../internal/abort.js';
import { contentOf } from '../internal/content-stream.js';
import { errnoOf, readError } from '../internal/fs-error.js';
import { redactUrl } from '../internal/redact.js';
import { unsafePathReason } from '../internal/safe-path.js';
import type { Locker, LockerBlob, LockerEntry, LockerOpenOptions } from '../locker.js';

const chunkBytes = 256 * 1024;

/**
 * A locker that is a folder of this machine, or of a file system mounted there. An etag is the file's number, size and
 * time of change: another content has another one.
 */
export class FileLocker implements Locker {
  readonly target: string;
  readonly #root: string;

  constructor(url: string) {
    this.target = redactUrl(url);
    try {
      this.#root = fileURLToPath(url);
    } catch (error) {
      throw new JetpackError(
        'ERR_JETPACK_BAD_CONFIG',
        `cannot use the locker ${this.target}: it is not a file url of this machine`,
        { cause: error, hint: 'write it as file:///folder' },
      );
    }
  }

  async *list(
    prefix: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncIterable<LockerEntry> {
    throwIfAborted(`listing ${prefix}`, options.signal);
    for (const name of await this.#names(prefix)) {
      const child = prefix === '' ? name : `${prefix}/${name}`;
      const stat = await this.#stat(child);
      if (stat?.isDirectory() === true) yield* this.list(child, options);
      else if (stat?.isFile() === true) yield entryOf(child, stat);
    }
  }

  async open(blob: string, options: LockerOpenOptions = {}): Promise<LockerBlob | undefined> {
    throwIfAborted(`reading ${blob}`, options.signal);
    const file = this.#file(blob);
    let handle: fs.promises.FileHandle;
    try {
      handle = await fs.promises.open(file, 'r');
    } catch (error) {
      return absent(error, file);
    }
    const stat = await handle.stat();
    if (!stat.isFile()) {
      await handle.close();
      return undefined;
    }
    const offset = Math.min(options.offset ?? 0, stat.size);
    const content = read(handle, offset, { blob, ...options });
    // A second close does nothing.
    return { ...entryOf(blob, stat), offset, content: contentOf(content, () => handle.close()) };
  }

  async close(): Promise<void> {
    // Each reader holds its own file and lets go of it itself.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #file(blob: string): string {
    const unsafe = blob === '' ? undefined : unsafePathReason(blob);
    if (unsafe !== undefined) {
      throw new JetpackError('ERR_JETPACK_USAGE', `cannot read the blob ${blob}: ${unsafe}`);
    }
    return path.join(this.#root, blob);
  }

  async #names(folder: string): Promise<string[]> {
    const full = this.#file(folder);
    try {
      return (await fs.promises.readdir(full)).toSorted();
    } catch (error) {
      return absent(error, full) ?? [];
    }
  }

  /** `undefined` for a link that leads nowhere, and for what went away since it was listed. */
  async #stat(blob: string): Promise<fs.Stats | undefined> {
    const full = this.#file(blob);
    try {
      return await fs.promises.stat(full);
    } catch (error) {
      return absent(error, full);
    }
  }
}

function absent(error: unknown, file: string): undefined {
  const code = errnoOf(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw readError(error, file);
  return undefined;
}

function entryOf(blob: string, stat: fs.Stats): LockerEntry {
  return { path: blob, size: stat.size, etag: `${stat.ino}-${stat.size}-${stat.mtimeMs}` };
}

async function* read(
  handle: fs.promises.FileHandle,
  offset: number,
  options: { readonly blob: string; readonly signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let position = offset;
  try {
    for (;;) {
      throwIfAborted(`reading ${options.blob}`, options.signal);
      const { buffer, bytesRead } = await handle.read(
        Buffer.allocUnsafe(chunkBytes),
        0,
        chunkBytes,
        position,
      );
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
