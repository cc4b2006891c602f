import { JetpackError } from '../errors.js';
import { isJsonObject, textOf, textsOf, type JsonObject } from './json.js';

/** One file that a manifest lists. */
interface ManifestFile {
  /** Below the version's folder for `files`, below the project's `blobs` folder for `blobs`. */
  readonly path: string;
  readonly size?: number;
  /** Lower-case hex. */
  readonly md5?: string;
}

/** What the agent reads of a project's `manifest.json`. */
export interface Manifest {
  /** Every file of this version, where the one who published it listed them; `undefined` where not. */
  readonly files: readonly ManifestFile[] | undefined;
  /** The project's blobs. */
  readonly blobs: readonly ManifestFile[];
  /** Run list by the name of the spec. */
  readonly specs: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads a `manifest.json`: `{name, type, version, blobs: [{path, checksum}], specs: {name: {run_list}}}`, the form that
 * CycleCloud publishes, and our `files: [{path, size, checksum} | path]` beside it. What else is in it is left alone.
 *
 * @throws JetpackError `ERR_JETPACK_DAMAGED` when it is not that; the message names `where`
 */
export function parseManifest(text: string, where: string): Manifest {
  const root = parseObject(text, where);
  const files = own(root, 'files');
  return {
    files: files === undefined ? undefined : parseFiles(files, 'files', where),
    blobs: parseFiles(own(root, 'blobs') ?? [], 'blobs', where),
    specs: parseSpecs(own(root, 'specs') ?? {}, where),
  };
}

function parseObject(text: string, where: string): JsonObject {
  let root: unknown;
  try {
    root = JSON.parse(text.replace(/^\u{FEFF}/u, ''));
  } catch (error) {
    throw damaged(where, 'it is not JSON', error);
  }
  if (!isJsonObject(root)) throw damaged(where, 'it is not a JSON object');
  return root;
}

function parseFiles(value: unknown, field: string, where: string): ManifestFile[] {
  if (!Array.isArray(value)) throw damaged(where, `${field} is not a list`);
  return value.map((element: unknown, index) => parseFile(element, `${field}[${index}]`, where));
}

function parseFile(value: unknown, field: string, where: string): ManifestFile {
  if (typeof value === 'string') return { path: value };
  if (!isJsonObject(value)) throw damaged(where, `${field} is neither a path nor an object`);
  const path = textOf(value, 'path');
  if (path === undefined) throw damaged(where, `${field} has no path`);
  const md5 = (textOf(value, 'checksum') ?? textOf(value, 'md5'))?.toLowerCase();
  if (md5 !== undefined && !/^[0-9a-f]{32}$/.test(md5)) {
    throw damaged(where, `the checksum of ${field} is not an MD5 in hex`);
  }
  const size = own(value, 'size');
  return {
    path,
    ...(md5 === undefined ? {} : { md5 }),
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { size } : {}),
  };
}

function parseSpecs(value: unknown, where: string): Map<string, readonly string[]> {
  if (!isJsonObject(value)) throw damaged(where, 'specs is not an object');
  return new Map(
    Object.entries(value).map(([name, spec]) => [
      name,
      textsOf(isJsonObject(spec) ? own(spec, 'run_list') : undefined),
    ]),
  );
}

function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function damaged(where: string, why: string, cause?: unknown): JetpackError {
  return new JetpackError('ERR_JETPACK_DAMAGED', `cannot use the manifest ${where}: ${why}`, {
    cause,
    hint: 'publish the project again',
  });
}
