import fs from 'node:fs/promises';

import { errnoOf } from '../internal/fs-error.js';

const newline = 0x0a;
const chunkSize = 64 * 1024;

/**
 * Reads the lines of a file that grows, wherever it goes: one that a log rotation moves away is read to its end before the
 * new one is begun, and one that was cut to nothing is read from its beginning.
 */
export class FileFollower {
  readonly #file: string;
  #handle: fs.FileHandle | undefined;
  #position = 0;
  /** Pieces of a line whose end is not written yet. */
  #pieces: Buffer[] = [];
  #skipsExisting: boolean;

  constructor(file: string, from: 'beginning' | 'now') {
    this.#file = file;
    this.#skipsExisting = from === 'now';
  }

  /** Opens the file if it is there. From then on `now` has been. */
  async open(): Promise<void> {
    this.#handle ??= await this.#tryOpen();
    if (this.#skipsExisting) this.#position = (await this.#handle?.stat())?.size ?? 0;
    this.#skipsExisting = false;
  }

  // The lines that are there and were not read yet, without their ends.
  async *lines(): AsyncGenerator<Buffer> {
    await this.open();
    do yield* this.#rest();
    while (await this.#isReplaced());
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async *#rest(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = await this.#read();
      if (chunk.length === 0) return;
      yield* this.#split(chunk);
    }
  }

  *#split(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      const line = Buffer.concat([...this.#pieces, chunk.subarray(start, end)]);
      this.#pieces = [];
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  async #read(): Promise<Buffer> {
    const chunk = Buffer.alloc(chunkSize);
    const result = await this.#handle?.read(chunk, 0, chunkSize, this.#position);
    const { bytesRead = 0 } = result ?? {};
    this.#position += bytesRead;
    return chunk.subarray(0, bytesRead);
  }

  /** Whether another file, or the same one emptied, stands at the path now. Then that one is read next. */
  async #isReplaced(): Promise<boolean> {
    const there = await this.#stat();
    if (there === undefined) return false;
    const ours = await this.#handle?.stat();
    if (ours?.ino === there.ino && ours.dev === there.dev && there.size >= this.#position) {
      return false;
    }
    await this.close();
    this.#position = 0;
    this.#pieces = [];
    this.#handle = await this.#tryOpen();
    return this.#handle !== undefined;
  }

  async #stat(): Promise<{ ino: number; dev: number; size: number } | undefined> {
    try {
      return await fs.stat(this.#file);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #tryOpen(): Promise<fs.FileHandle | undefined> {
    try {
      return await fs.open(this.#file, 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined; // nothing was written yet
      throw error;
    }
  }
}
