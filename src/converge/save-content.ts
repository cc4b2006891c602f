import fs from 'node:fs/promises';

import { throwIfAborted } from '../internal/abort.js';
import type { LockerBlob } from '../locker.js';

/** What a blob turned out to be. */
export interface SavedContent {
  readonly md5: string;
  readonly size: number;
}

/** Options of {@link saveContent}. */
export interface SaveOptions {
  readonly mode: number;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Reads a blob to its end into a new file, and makes it durable. Memory holds a piece at a time. */
export async function saveContent(
  blob: LockerBlob,
  file: string,
  { mode, signal, onBytes }: SaveOptions,
): Promise<SavedContent> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('md5');
  let size = 0;
  const handle = await fs.open(file, 'wx', mode);
  try {
    for await (const chunk of blob.content) {
      throwIfAborted(`reading ${blob.path}`, signal);
      hash.update(chunk);
      await handle.writeFile(chunk);
      size += chunk.length;
      onBytes?.(size);
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { md5: hash.digest('hex'), size };
}
