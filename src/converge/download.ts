import fs from 'node:fs/promises';
import path from 'node:path';

import { JetpackError, UsageError } from '../errors.js';
import { checkContent } from '../internal/check-content.js';
import { realDisk } from '../internal/disk.js';
import { writeError } from '../internal/fs-error.js';
import { unsafeNameReason, unsafePathReason } from '../internal/safe-path.js';
import type { Locker, LockerBlob } from '../locker.js';
import { readAssignedSpecs, specsKey } from './assigned-spec.js';
import type { ConvergeTools, DownloadOptions } from './options.js';
import { readManifest } from './resolve.js';
import { saveContent } from './save-content.js';

let counter = 0;

/** See `Converger.download`. */
export async function download(
  blob: string,
  options: DownloadOptions,
  tools: ConvergeTools,
): Promise<{ path: string; size: number }> {
  const unsafe = unsafePathReason(blob);
  if (unsafe !== undefined) throw new UsageError(`cannot download ${blob}: ${unsafe}`);
  const project = projectOf(options, tools);
  const locker = await tools.openLocker();
  if (locker === undefined) {
    throw new JetpackError(
      'ERR_JETPACK_BAD_CONFIG',
      `cannot download ${blob}: no locker is configured`,
      { hint: 'set locker.url in config/connection.json, or JETPACK_LOCKER_URL' },
    );
  }
  const found = await find({ blob, project }, locker, options.signal);
  const md5 = found.isShared ? await checksumOf({ blob, project }, locker, tools) : undefined;
  const file = await destinationOf(blob, options.destination);
  const size = await write(file, found.content, { ...options, md5 });
  return { path: file, size };
}

interface Wanted {
  readonly blob: string;
  readonly project: string;
}

function projectOf(options: DownloadOptions, tools: ConvergeTools): string {
  const project = options.project ?? tools.env['CYCLECLOUD_PROJECT_NAME'];
  if (project === undefined || project === '') {
    throw new UsageError('cannot download: no project is given, and there is none around', {
      hint: 'give --project, or set CYCLECLOUD_PROJECT_NAME',
    });
  }
  const unsafe = unsafeNameReason(project);
  if (unsafe !== undefined) throw new UsageError(`cannot use the project ${project}: ${unsafe}`);
  return project;
}

/** The user's own blob wins over the project's, as does what was published over what the server mirrors. */
async function find(
  { blob, project }: Wanted,
  locker: Locker,
  signal: AbortSignal | undefined,
): Promise<{ content: LockerBlob; isShared: boolean }> {
  const user = `blobs/${project}/${blob}`;
  const shared = `projects/${project}/blobs/${blob}`;
  for (const place of [user, shared, `cache/${shared}`]) {
    const content = await locker.open(place, signal === undefined ? {} : { signal });
    if (content !== undefined) return { content, isShared: place !== user };
  }
  throw new JetpackError(
    'ERR_JETPACK_NOT_FOUND',
    `cannot find the blob ${blob} of ${project} in ${locker.target}: looked in ${user} and ${shared}`,
    { hint: 'check the name and the project, or upload the blob' },
  );
}

/** What the manifest of the assigned version says about a blob of the project; a project not assigned says nothing. */
async function checksumOf(
  { blob, project }: Wanted,
  locker: Locker,
  { config }: ConvergeTools,
): Promise<string | undefined> {
  const assigned = readAssignedSpecs(await config.get<unknown>(specsKey));
  const version = assigned.find((spec) => spec.project === project)?.version;
  if (version === undefined) return undefined;
  const manifest =
    (await readManifest(locker, `projects/${project}/${version}/manifest.json`)) ??
    (await readManifest(locker, `cache/projects/${project}/${version}/manifest.json`));
  return manifest?.blobs.find((entry) => entry.path === blob)?.md5;
}

async function destinationOf(blob: string, destination = '.'): Promise<string> {
  const name = path.posix.basename(blob);
  const target = path.resolve(destination);
  const stat = await fs.stat(target).catch(() => undefined); // what cannot be looked at is told when it is written
  const isFolder = stat?.isDirectory() === true || /[\\/]$/.test(destination);
  return isFolder ? path.join(target, name) : target;
}

async function write(
  file: string,
  blob: LockerBlob,
  options: DownloadOptions & { readonly md5: string | undefined },
): Promise<number> {
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}.${counter++}.tmp`,
  );
  try {
    await realDisk.makeFolder(path.dirname(file), 0o755);
    const { signal, onProgress, md5 = blob.md5 } = options;
    const onBytes = (bytes: number): void => onProgress?.({ bytes, total: blob.size });
    const got = await saveContent(blob, temporary, { mode: 0o644, signal, onBytes });
    checkContent({ path: blob.path, size: blob.size, md5 }, got);
    await fs.rename(temporary, file);
    await realDisk.syncFolder(path.dirname(file));
    return got.size;
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined); // the first error is the one that tells
    throw writeError(error, file);
  }
}
