import fs from 'node:fs/promises';
import path from 'node:path';

import { namesIn, recoverSwap, removeTree } from '../internal/folder-tree.js';
import { errnoOf, writeError } from '../internal/fs-error.js';
import type { Layout } from './layout.js';

/**
 * Mends what a crash has left: an old spec whose successor had not arrived comes back; what was half written goes. Whoever
 * calls it holds the lock, so nobody is still writing there.
 *
 * @throws JetpackError `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
 */
export async function recover(layout: Layout): Promise<void> {
  try {
    await recoverSpecs(layout);
    await recoverSwap(layout.chefRepo, layout.oldChefRepo);
    await removeTree(layout.freshChefRepo);
    for (const folder of [path.dirname(layout.journal), layout.content, layout.chef]) {
      await removeTemporaries(folder);
    }
    await removeTemporaries(layout.chefRepo);
    await removeMarkerTemporaries(layout.markers);
  } catch (error) {
    throw writeError(error, layout.clusterInit);
  }
}

async function recoverSpecs(layout: Layout): Promise<void> {
  for (const project of await namesIn(layout.old)) {
    for (const spec of await namesIn(path.join(layout.old, project))) {
      await recoverSwap(layout.specFolder({ project, spec }), layout.oldFolder({ project, spec }));
    }
  }
  await removeTree(layout.old);
  await removeTree(layout.fresh);
  for (const project of await namesIn(layout.clusterInit)) {
    if (project.startsWith('.')) continue;
    for (const spec of await namesIn(layout.projectFolder({ project }))) {
      await removeTemporaries(layout.specFolder({ project, spec }));
    }
  }
}

/** Ours alone: hidden, with the number of a process and of a file. Scripts may keep `.tmp` files of their own. */
async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (/^\..*\d+\.\d+\.tmp$/.test(name)) await fs.rm(path.join(folder, name), { force: true });
  }
}

async function removeMarkerTemporaries(folder: string): Promise<void> {
  await removeTemporaries(folder);
  let entries;
  try {
    entries = await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries) {
    if (entry.isDirectory()) await removeMarkerTemporaries(path.join(folder, entry.name));
  }
}
