import fs from 'node:fs';
import path from 'node:path';

import { fsReason, writeError } from '../internal/fs-error.js';

/** Options of {@link OutputLog}. */
export interface OutputLogOptions {
  /** Where the bytes are kept, as they came. Begun anew. */
  readonly file: string;
  /** Bytes kept there, the end aside. */
  readonly maxBytes: number;
  readonly onLine: (text: string) => void;
}

const tailBytes = 4096;
/** A line is given out when it is this long, ended or not: output without line ends must not pile up. */
const maxLine = 64 * 1024;

/**
 * The output of one child: all of it to a file up to a bound, line by line to whoever watches, and its end for the
 * report of a failure. Memory stays the same however much is written. A log that cannot be written (disk full) does not
 * stop the child: what went wrong is in {@link OutputLog.problem}.
 */
export class OutputLog {
  /** Why not everything is in the file. */
  problem: string | undefined;
  readonly #options: OutputLogOptions;
  readonly #handle: number;
  readonly #lines = new Map<string, LineSplitter>();
  #written = 0;
  #dropped = 0;
  #tail: Buffer = Buffer.alloc(0);

  /** @throws JetpackError `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION` */
  constructor(options: OutputLogOptions) {
    this.#options = options;
    try {
      fs.mkdirSync(path.dirname(options.file), { recursive: true, mode: 0o750 });
      this.#handle = fs.openSync(options.file, 'w', 0o640);
    } catch (error) {
      throw writeError(error, options.file);
    }
  }

  /** Takes a piece of output. Each stream has its own lines, so that one does not break into a line of the other. */
  readonly write = (chunk: Uint8Array, stream: 'stdout' | 'stderr'): void => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const room = Math.max(0, this.#options.maxBytes - this.#written);
    this.#append(bytes.subarray(0, room));
    this.#dropped += Math.max(0, bytes.length - room);
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-tailBytes)]).subarray(-tailBytes);
    this.#splitter(stream).push(bytes);
  };

  /** Ends lines and file. Resolves with the last 4 KiB as text. */
  close(): string {
    for (const lines of this.#lines.values()) lines.end();
    // A character cut in two at the beginning is not shown as garbage.
    const tail = this.#tail.toString('utf8').replace(/^\u{FFFD}+/u, '');
    if (this.#dropped > 0) {
      const note = `\n[jetpack: ${this.#dropped} bytes are not kept here; the last ones follow]\n`;
      this.#append(Buffer.from(note));
      this.#append(this.#tail);
    }
    fs.closeSync(this.#handle);
    return tail;
  }

  // Synchronous, so that a child that writes faster than the disk does not fill the memory.
  #append(bytes: Buffer): void {
    if (this.problem !== undefined) return;
    try {
      for (let done = 0; done < bytes.length;) {
        done += fs.writeSync(this.#handle, bytes, done);
      }
      this.#written += bytes.length;
    } catch (error) {
      this.problem = `cannot write ${this.#options.file}: ${fsReason(error)}`;
    }
  }

  #splitter(stream: string): LineSplitter {
    const lines = this.#lines.get(stream) ?? new LineSplitter(this.#options.onLine);
    this.#lines.set(stream, lines);
    return lines;
  }
}

/** Bytes in, lines of text out. What is not UTF-8 becomes U+FFFD. */
class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #onLine: (text: string) => void;
  #rest = '';

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#give(line);
    while (this.#rest.length > maxLine) {
      this.#onLine(this.#rest.slice(0, maxLine));
      this.#rest = this.#rest.slice(maxLine);
    }
  }

  end(): void {
    this.#rest += this.#decoder.decode();
    if (this.#rest !== '') this.#give(this.#rest);
    this.#rest = '';
  }

  #give(line: string): void {
    this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
