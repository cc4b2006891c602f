import fs from 'node:fs/promises';
import path from 'node:path';

import { writeFileAtomic } from '../internal/atomic-file.js';
import { removeTree, swapFolder, syncTree } from '../internal/folder-tree.js';
import { writeError } from '../internal/fs-error.js';
import type { AssignedSpec } from './assigned-spec.js';
import type { ContentCache } from './content-cache.js';
import { type Layout, recordName } from './layout.js';
import { materialize } from './materialize.js';
import {
  contentOf,
  formatRecord,
  readRecord,
  type FetchedFile,
  type InstallRecord,
} from './record.js';

/** A fetched spec, ready to be installed. */
export interface InstallJob {
  readonly assigned: AssignedSpec;
  /** All of its files, those of its `chef` folder included. */
  readonly files: readonly FetchedFile[];
  readonly source: string;
  readonly runList: readonly string[];
  readonly cache: ContentCache;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Installs a spec into a fresh folder and swaps that in, so that the spec is wholly old or wholly new. What is installed
 * already with the same content stays as it is: only its record is renewed. Resolves with whether it was swapped.
 *
 * @throws JetpackError `ERR_JETPACK_DAMAGED`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
 */
export async function installSpec(job: InstallJob, layout: Layout): Promise<boolean> {
  const { assigned, source, runList } = job;
  const files = job.files.filter((file) => file.relative.startsWith('cluster-init'));
  const content = await contentOf(files);
  const record: InstallRecord = { source, content, version: assigned.version, runList };
  const installed = await readRecord(layout.specRecord(assigned));
  if (installed?.content === content) {
    await writeFileAtomic(layout.specRecord(assigned), formatRecord(record));
    return false;
  }
  const fresh = layout.freshFolder(assigned);
  try {
    await removeTree(fresh);
    await fs.mkdir(path.dirname(fresh), { recursive: true, mode: 0o755 });
    const { cache, signal } = job;
    await materialize({ folder: 'cluster-init', files, cache, signal }, fresh);
    await fs.rm(path.join(fresh, recordName), { recursive: true, force: true });
    await fs.writeFile(path.join(fresh, recordName), formatRecord(record), { mode: 0o640 });
    await syncTree(fresh);
    await swapFolder(fresh, layout.specFolder(assigned), layout.oldFolder(assigned));
  } catch (error) {
    await removeTree(fresh).catch(() => undefined); // the first error is the one that tells
    throw writeError(error, layout.specFolder(assigned));
  }
  return true;
}
