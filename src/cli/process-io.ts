import fs from 'node:fs';

import { JetpackError } from '../index.js';
import type { Io } from './command.js';

const standardInput = 0;
const standardOutput = 1;
const standardError = 2;

/**
 * The process's own streams. Writing is synchronous, straight to the descriptor: `process.stdout` costs 2 ms to make,
 * and what was said must be out before the process ends.
 */
export function createProcessIo(): Io {
  let signal: AbortSignal | undefined;
  return {
    out: (text) => {
      writeAnswer(text);
    },
    err: (text) => {
      writeQuietly(standardError, text);
    },
    readStdin: async () => readAll(standardInput),
    env: process.env,
    // A getter: making `process.stderr` costs 2 ms, and most commands never ask.
    get isTerminal() {
      return process.stderr.isTTY && process.env['TERM'] !== 'dumb';
    },
    get signal() {
      signal ??= interruption();
      return signal;
    },
  };
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      controller.abort(new JetpackError('ERR_JETPACK_ABORTED', `interrupted by ${name}`));
    });
  }
  return controller.signal;
}

function writeAnswer(text: string | Uint8Array): void {
  try {
    writeAll(standardOutput, text);
  } catch (error) {
    // The reader has gone because it had enough: `jetpack config | grep -q x`.
    if (isErrno(error, 'EPIPE')) process.exit(0);
    throw new JetpackError(
      'ERR_JETPACK_CANNOT_WRITE',
      'cannot write the answer to standard output',
      {
        cause: error,
      },
    );
  }
}

function writeQuietly(descriptor: number, text: string): void {
  try {
    writeAll(descriptor, text);
  } catch {
    // There is no place left to complain to.
  }
}

function writeAll(descriptor: number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  let written = 0;
  while (written < bytes.length) {
    try {
      written += fs.writeSync(descriptor, bytes, written);
    } catch (error) {
      if (!isErrno(error, 'EAGAIN')) throw error;
      pause(); // a full pipe that somebody else has made non-blocking
    }
  }
}

async function readAll(descriptor: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    fs.createReadStream('', { fd: descriptor, autoClose: false })
      .on('data', (chunk) => chunks.push(Buffer.from(chunk)))
      .once('error', reject)
      .once('end', () => {
        resolve(Buffer.concat(chunks));
      });
  });
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
