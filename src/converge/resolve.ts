import { JetpackError } from '../errors.js';
import { throwIfAborted } from '../internal/abort.js';
import { byBytes } from '../internal/fingerprint.js';
import { parseManifest, type Manifest } from '../internal/manifest.js';
import { unsafePathReason } from '../internal/safe-path.js';
import type { Locker, LockerEntry } from '../locker.js';
import { specName, type AssignedSpec } from './assigned-spec.js';
import { ConvergeFailure } from './failure.js';

/** One file of a spec in the locker. */
export interface SpecFile extends LockerEntry {
  /** Below the spec's folder: `cluster-init/scripts/10-first.sh`, `chef/roles.tgz`. */
  readonly relative: string;
}

/** An assigned spec, found in the locker. */
export interface ResolvedSpec {
  readonly assigned: AssignedSpec;
  /** In byte order of their paths. */
  readonly files: readonly SpecFile[];
  /** What the project's manifest asks Chef to run for this spec. */
  readonly runList: readonly string[];
}

/** Where projects are looked for, in this order: as published, and as the server mirrors them. */
const roots = ['projects', 'cache/projects'] as const;
const maxManifestBytes = 32 * 1024 * 1024;
/** A hint about what else is there reads no more of a listing than this. */
const maxHintEntries = 10_000;

/**
 * Finds an assigned spec in the locker.
 *
 * @throws JetpackError `ERR_JETPACK_CONVERGE` when it is not there, saying what is; `ERR_JETPACK_DAMAGED` when its
 * manifest is broken; whatever the locker rejects with
 */
export async function resolveSpec(
  locker: Locker,
  assigned: AssignedSpec,
  signal?: AbortSignal,
): Promise<ResolvedSpec> {
  for (const root of roots) {
    const version = `${root}/${assigned.project}/${assigned.version}`;
    const manifest = await readManifest(locker, `${version}/manifest.json`, signal);
    const files = await listSpec(locker, `${version}/${assigned.spec}`, { manifest, signal });
    const runList = manifest?.specs.get(assigned.spec);
    if (files.length > 0 || runList !== undefined) {
      return { assigned, files, runList: runList ?? [] };
    }
  }
  throw await missing(locker, assigned, signal);
}

/** A version's manifest; `undefined` when it has none. */
export async function readManifest(
  locker: Locker,
  path: string,
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  const blob = await locker.open(path, signal === undefined ? {} : { signal });
  if (blob === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blob.content) {
    size += chunk.length;
    if (size > maxManifestBytes) {
      const why = `it is larger than ${maxManifestBytes} bytes`;
      throw new JetpackError('ERR_JETPACK_DAMAGED', `cannot use the manifest ${path}: ${why}`);
    }
    chunks.push(chunk);
  }
  return parseManifest(Buffer.concat(chunks).toString('utf8'), `${path} of ${locker.target}`);
}

async function listSpec(
  locker: Locker,
  folder: string,
  { manifest, signal }: { manifest: Manifest | undefined; signal: AbortSignal | undefined },
): Promise<SpecFile[]> {
  const checksums = new Map(manifest?.files?.map((file) => [file.path, file.md5]));
  const inVersion = folder.slice(0, folder.lastIndexOf('/') + 1).length;
  const files: SpecFile[] = [];
  for await (const entry of locker.list(folder, signal === undefined ? {} : { signal })) {
    throwIfAborted('resolving specs', signal);
    const relative = entry.path.slice(folder.length + 1);
    refuseUnsafe(relative, entry.path, locker);
    const md5 = checksums.get(entry.path.slice(inVersion)) ?? entry.md5;
    files.push(Object.assign({ relative }, entry, md5 === undefined ? {} : { md5 }));
  }
  return files.toSorted((a, b) => byBytes(a.relative, b.relative));
}

function refuseUnsafe(relative: string, path: string, locker: Locker): void {
  const unsafe = unsafePathReason(relative);
  if (unsafe === undefined) return;
  throw new JetpackError(
    'ERR_JETPACK_DAMAGED',
    `cannot use ${JSON.stringify(path)} of ${locker.target}: ${unsafe}`,
  );
}

async function missing(
  locker: Locker,
  assigned: AssignedSpec,
  signal: AbortSignal | undefined,
): Promise<ConvergeFailure> {
  const { project, version, spec } = assigned;
  const looked = roots.map((root) => `${root}/${project}/${version}/${spec}`).join(' and ');
  return new ConvergeFailure(
    `cannot find the spec ${specName(assigned)} in the locker ${locker.target}: looked in ${looked}`,
    { project, spec },
    { hint: await whatIsThere(locker, assigned, signal) },
  );
}

/** What the locker has instead: other specs of this version, else other versions, else other projects. */
async function whatIsThere(
  locker: Locker,
  { project, version }: AssignedSpec,
  signal: AbortSignal | undefined,
): Promise<string> {
  const levels = [
    { folder: `projects/${project}/${version}`, what: `${project} ${version} has the specs` },
    { folder: `projects/${project}`, what: `${project} has the versions` },
    { folder: 'projects', what: 'the locker has the projects' },
  ];
  for (const { folder, what } of levels) {
    const names = await namesBelow(locker, folder, signal);
    if (names.length > 0) return `${what} ${names.join(', ')}`;
  }
  return 'the locker has no projects: check its url, and upload the project';
}

/** Names of the folders straight below a folder, but not the blobs of a project, which are no version. */
async function namesBelow(
  locker: Locker,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const names = new Set<string>();
  let count = 0;
  for await (const entry of locker.list(folder, signal === undefined ? {} : { signal })) {
    const [name, below] = entry.path.slice(folder.length + 1).split('/');
    if (name !== undefined && below !== undefined && name !== 'blobs') names.add(name);
    if (++count >= maxHintEntries) break;
  }
  return [...names].toSorted(byBytes).slice(0, 20);
}
