import fs from 'node:fs/promises';
import path from 'node:path';

import { writeFileAtomic } from '../internal/atomic-file.js';
import { fingerprint } from '../internal/fingerprint.js';
import { namesIn, removeTree, swapFolder, syncTree } from '../internal/folder-tree.js';
import { writeError } from '../internal/fs-error.js';
import type { ContentCache } from './content-cache.js';
import type { Layout } from './layout.js';
import { recordName } from './layout.js';
import { materialize } from './materialize.js';
import { formatRecord, readRecord, type FetchedFile } from './record.js';

/** All that the assigned specs bring for Chef, in the order of the specs. */
export interface ChefRepoJob {
  readonly specs: readonly (readonly FetchedFile[])[];
  readonly source: string;
  readonly cache: ContentCache;
  readonly signal?: AbortSignal | undefined;
}

/** How a later spec wins over an earlier one: a cookbook is replaced whole, a role or a data bag item as a file. */
const kinds = [
  { name: 'site-cookbooks', merge: replaceFolders },
  { name: 'roles', merge: overlayFiles },
  { name: 'data_bags', merge: overlayFiles },
] as const;

/**
 * Builds the one repository that Chef reads, out of all specs, and swaps it in. Resolves with whether it changed.
 *
 * @throws JetpackError `ERR_JETPACK_DAMAGED`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
 */
export async function installChefRepo(job: ChefRepoJob, layout: Layout): Promise<boolean> {
  const content = await fingerprint(
    job.specs.flatMap((files, index) =>
      files.flatMap((file) => [String(index), file.relative, file.md5]),
    ),
  );
  const record = formatRecord({ source: job.source, content, version: '', runList: [] });
  if ((await readRecord(layout.chefRecord))?.content === content) {
    await writeFileAtomic(layout.chefRecord, record);
    return false;
  }
  const fresh = layout.freshChefRepo;
  try {
    await removeTree(fresh);
    await build(job, fresh);
    await fs.writeFile(path.join(fresh, recordName), record, { mode: 0o640 });
    await syncTree(fresh);
    await swapFolder(fresh, layout.chefRepo, layout.oldChefRepo);
  } catch (error) {
    await removeTree(fresh).catch(() => undefined); // the first error is the one that tells
    throw writeError(error, layout.chefRepo);
  }
  return true;
}

async function build(job: ChefRepoJob, fresh: string): Promise<void> {
  const { cache, signal } = job;
  const part = path.join(fresh, '.part');
  for (const { name } of kinds) {
    await fs.mkdir(path.join(fresh, name), { recursive: true, mode: 0o755 });
  }
  for (const files of job.specs) {
    for (const { name, merge } of kinds) {
      const folder = `chef/${name}`;
      if (!files.some((file) => file.relative.startsWith(folder))) continue;
      await materialize({ folder, files, cache, signal }, part);
      await merge(part, path.join(fresh, name));
      await removeTree(part);
    }
  }
}

async function replaceFolders(from: string, to: string): Promise<void> {
  for (const name of await namesIn(from)) {
    await removeTree(path.join(to, name));
    await fs.rename(path.join(from, name), path.join(to, name));
  }
}

async function overlayFiles(from: string, to: string): Promise<void> {
  await fs.cp(from, to, { recursive: true, force: true, verbatimSymlinks: true });
}
