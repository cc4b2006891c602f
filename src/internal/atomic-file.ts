import path from 'node:path';

import type { Disk } from './disk.js';
import { realDisk } from './disk.js';
import { writeError } from './fs-error.js';

let counter = 0;

/** Options of {@link writeFileAtomic}. */
export interface AtomicFileOptions {
  /** @defaultValue 0o640 */
  readonly mode?: number;
  /** @defaultValue the real one */
  readonly disk?: Disk;
}

/**
 * Writes a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder. Its folder is made
 * when it is missing. A reader sees the old content or the new, never a part.
 *
 * @throws JetpackError `ERR_JETPACK_CANNOT_WRITE` or `ERR_JETPACK_PERMISSION`, naming the file; the old one is unharmed
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  options: AtomicFileOptions = {},
): Promise<void> {
  const { mode = 0o640, disk = realDisk } = options;
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${process.pid}.${counter++}.tmp`);
  try {
    await disk.makeFolder(folder, 0o750);
    await disk.remove(temporary);
    await disk.writeFile(
      temporary,
      [typeof content === 'string' ? Buffer.from(content) : content],
      mode,
    );
    await disk.rename(temporary, file);
    await disk.syncFolder(folder);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined); // the first error is the one that tells
    throw writeError(error, file);
  }
}
