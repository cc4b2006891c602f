import fs from 'node:fs/promises';

import { fingerprint } from '../internal/fingerprint.js';
import { errnoOf, readError } from '../internal/fs-error.js';
import { isJsonObject, textOf, textsOf } from '../internal/json.js';
import type { SpecFile } from './resolve.js';

/** What we know about a folder that we installed: from what, and with which content. */
export interface InstallRecord {
  /** Of the locker's listing: as long as it is the same, nothing needs to be fetched. Empty when a listing tells nothing. */
  readonly source: string;
  /** Of the names and contents. */
  readonly content: string;
  readonly version: string;
  /** What the project's manifest asks Chef to run for this spec. */
  readonly runList: readonly string[];
}

/** Reads a record; `undefined` when there is none, or none that can be read: the folder is then installed again. */
export async function readRecord(file: string): Promise<InstallRecord | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw readError(error, file);
  }
  return parseRecord(text);
}

function parseRecord(text: string): InstallRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // somebody's editor: the same as not there
  }
  if (!isJsonObject(value)) return undefined;
  const [source, content, version] = ['source', 'content', 'version'].map((key) =>
    textOf(value, key),
  );
  if (source === undefined || content === undefined || version === undefined) return undefined;
  return { source, content, version, runList: textsOf(value['runList']) };
}

/** A record as the file's text. */
export function formatRecord(record: InstallRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Of a listing; empty when one of its files comes with nothing that changes when its content does. */
export async function sourceOf(files: readonly SpecFile[]): Promise<string> {
  const isTelling = files.every((file) => file.md5 !== undefined || file.etag !== undefined);
  if (!isTelling) return '';
  return fingerprint(
    files.flatMap((file) => [file.relative, file.md5 ?? `${file.etag} ${file.size ?? ''}`]),
  );
}

/** One file of a spec, and the content it has. */
export interface FetchedFile {
  readonly relative: string;
  readonly md5: string;
}

/** Of names and contents. */
export async function contentOf(files: readonly FetchedFile[]): Promise<string> {
  return fingerprint(files.flatMap((file) => [file.relative, file.md5]));
}
