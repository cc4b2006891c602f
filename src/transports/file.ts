import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { JetpackError } from '../errors.js';
import { abortedError } from '../internal/abort.js';
import { errnoOf, writeError } from '../internal/fs-error.js';
import type { Message, Outcome, Transport, TransportSendOptions } from '../transport.js';

/**
 * What {@link FileTransport} is made from.
 *
 * @public
 */
export interface FileTransportOptions {
  /** The file the messages are appended to: a path or a `file:` url. */
  readonly file: string;
}

interface Waiting {
  readonly line: Buffer;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends every message to a file, one JSON object a line:
 * `{messageId, timestamp, exchange, routingKey, type, contentType, headers, body}`. The body is the JSON value for
 * `application/json`, a string for text, else base64 with `"encoding": "base64"`. A message is confirmed when it is synced to
 * the disk. `send` rejects with `ERR_JETPACK_CANNOT_WRITE` or `ERR_JETPACK_PERMISSION`, naming the file.
 *
 * A line that a crash or a full disk has cut off stays alone: the next one begins on a line of its own.
 *
 * @public
 */
export class FileTransport implements Transport {
  /** `file:` and the absolute path. */
  readonly target: string;
  readonly #file: string;
  #waiting: Waiting[] = [];
  #work: Promise<void> | undefined;
  #closed = false;

  constructor({ file }: FileTransportOptions) {
    this.#file = fileOf(file);
    this.target = `file:${this.#file}`;
  }

  /** As {@link Transport.send} says. Lines that come while another is synced share the next sync. */
  async send(message: Message, options: TransportSendOptions = {}): Promise<Outcome> {
    if (this.#closed || options.signal?.aborted === true) {
      throw abortedError('the sending', options.signal);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: toLine(message, options.attempt ?? 1), resolve, reject });
      this.#work ??= this.#run();
    });
  }

  /** As {@link Transport.close} says, but what was sent before is still written and confirmed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#work;
  }

  /** {@link FileTransport.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** While some lines are being synced the next ones gather, and share the next sync. */
  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#append(batch);
        for (const { resolve } of batch) resolve({ status: 'confirmed' });
      } catch (error) {
        const failure = writeError(error, this.#file);
        for (const { reject } of batch) reject(failure);
      }
    }
    this.#work = undefined;
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    const handle = await this.#open();
    try {
      if (await endsInMiddleOfLine(handle)) await handle.write(newline);
      for (const { line } of batch) await writeWhole(handle, line);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  // Opened anew each time, so that a log rotation that moves the file away is followed.
  async #open(): Promise<fs.FileHandle> {
    try {
      return await fs.open(this.#file, 'a+', 0o640);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await fs.mkdir(path.dirname(this.#file), { recursive: true, mode: 0o750 });
      return fs.open(this.#file, 'a+', 0o640);
    }
  }
}

const newline = Buffer.from('\n');

/** The absolute path of a path or of a `file:` url. */
export function fileOf(url: string): string {
  if (!url.startsWith('file:')) return path.resolve(url);
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new JetpackError('ERR_JETPACK_BAD_CONFIG', `cannot use the broker url ${url}`, {
      cause: error,
      hint: 'a file: url names a file of this machine: file:///var/log/messages.jsonl',
    });
  }
}

async function endsInMiddleOfLine(handle: fs.FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  const { bytesRead } = await handle.read(last, 0, 1, size - 1);
  return bytesRead === 1 && last[0] !== 0x0a;
}

/** One call a line, so that the lines of several processes do not mix. */
async function writeWhole(handle: fs.FileHandle, line: Buffer): Promise<void> {
  const { bytesWritten } = await handle.write(line);
  if (bytesWritten === line.length) return;
  // Only a disk that has become full writes a part; what is missing then fails with the reason.
  await handle.write(line, bytesWritten);
}

function toLine(message: Message, attempt: number): Buffer {
  const { messageId, timestamp, exchange, routingKey, type, contentType, headers } = message;
  const facts = { messageId, timestamp, exchange, routingKey, type, contentType };
  const line = { ...facts, headers: { ...headers, attempt }, ...bodyFields(message) };
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

/** How a line shows a body. */
export function bodyFields({ body, contentType }: Pick<Message, 'body' | 'contentType'>): {
  body: unknown;
  encoding?: 'base64';
} {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = isText(contentType) ? asText(bytes) : undefined;
  if (text === undefined) return { body: bytes.toString('base64'), encoding: 'base64' };
  if (!isJson(contentType)) return { body: text };
  try {
    return { body: JSON.parse(text) as unknown };
  } catch {
    // It calls itself JSON and is none: the bytes arrive unchanged all the same.
    return { body: bytes.toString('base64'), encoding: 'base64' };
  }
}

function isJson(contentType: string): boolean {
  return /^application\/json\b/i.test(contentType);
}

function isText(contentType: string): boolean {
  return isJson(contentType) || /^text\//i.test(contentType);
}

/** `undefined` when it is not UTF-8: as text it would not arrive unchanged. */
function asText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
