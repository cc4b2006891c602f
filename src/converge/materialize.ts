import fs from 'node:fs/promises';
import path from 'node:path';

import { extractArchive } from '../internal/archive.js';
import { eachOf } from '../internal/each-of.js';
import type { ContentCache } from './content-cache.js';
import type { FetchedFile } from './record.js';

/** A part of a spec, as it is put into a folder. */
export interface Part {
  /** Its folder in the locker, `cluster-init` or `chef/roles`; `<folder>.tgz` is the same part as an archive. */
  readonly folder: string;
  readonly files: readonly FetchedFile[];
  readonly cache: ContentCache;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts a part of a spec into a new folder: its archive first, then its plain files over it. An archive may hold the
 * folder's content, or the folder itself. A file that begins with `#!` can be executed afterwards: lockers lose modes.
 */
export async function materialize(part: Part, target: string): Promise<void> {
  const archive = part.files.find((file) => file.relative === `${part.folder}.tgz`);
  if (archive === undefined) await fs.mkdir(target, { recursive: true, mode: 0o755 });
  else await unpack(part, archive, target);
  const prefix = `${part.folder}/`;
  const plain = part.files.filter((file) => file.relative.startsWith(prefix));
  await eachOf(plain, 8, async (file) => {
    const copy = path.join(target, file.relative.slice(prefix.length));
    await fs.mkdir(path.dirname(copy), { recursive: true, mode: 0o755 });
    // A copy, not a link: a script that edits its own files must not edit the cache. Free where the disk can clone.
    await fs.copyFile(part.cache.file(file.md5), copy, fs.constants.COPYFILE_FICLONE);
    await fs.chmod(copy, 0o644);
  });
  await makeScriptsExecutable(target);
}

async function unpack(part: Part, archive: FetchedFile, target: string): Promise<void> {
  const name = path.posix.basename(part.folder);
  const folder = `${target}.unpacked`;
  await fs.mkdir(folder, { recursive: true, mode: 0o755 });
  const options = part.signal === undefined ? {} : { signal: part.signal };
  await extractArchive(part.cache.file(archive.md5), folder, {
    ...options,
    name: `${part.folder}.tgz`,
    wrapper: name,
  });
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const isWrapped = entries.length === 1 && entries[0]?.name === name && entries[0].isDirectory();
  await fs.rename(isWrapped ? path.join(folder, name) : folder, target);
  if (isWrapped) await fs.rmdir(folder);
}

async function makeScriptsExecutable(folder: string): Promise<void> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  await eachOf(entries, 8, async (entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isFile() && (await beginsWithShebang(full))) await fs.chmod(full, 0o755);
  });
  for (const entry of entries) {
    if (entry.isDirectory()) await makeScriptsExecutable(path.join(folder, entry.name));
  }
}

async function beginsWithShebang(file: string): Promise<boolean> {
  const handle = await fs.open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString('latin1') === '#!';
  } finally {
    await handle.close();
  }
}
