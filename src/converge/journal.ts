import fs from 'node:fs/promises';

import type { Home } from '../home.js';
import { writeFileAtomic } from '../internal/atomic-file.js';
import { errnoOf, readError } from '../internal/fs-error.js';
import { isJsonObject, textOf, type JsonObject } from '../internal/json.js';
import type { Platform, ProcessIdentity } from '../platform.js';
import { Layout } from './layout.js';

/**
 * How the last converge of a node went, or goes. Times are ISO 8601, UTC.
 *
 * @public
 */
export interface LastConverge {
  /** `interrupted`: it was stopped, died, or waits for the reboot that Chef asked for; the next one continues. */
  readonly state: 'running' | 'converged' | 'failed' | 'interrupted';
  /** When it began; a continued converge began when it was continued. */
  readonly started: string;
  /** When it ended; absent while it runs, and when its process died. */
  readonly finished?: string;
  /** The step it is in, or ended in. */
  readonly step?: string;
  /** As {@link ConvergeResult.reboot} says; absent when Chef asked for none. */
  readonly reboot?: 'now' | 'pending';
  /** What ended it, as the error said it, and in which script; absent when nothing went wrong. */
  readonly failure?: {
    readonly message: string;
    readonly hint?: string;
    readonly project?: string;
    readonly spec?: string;
    readonly script?: string;
    readonly exitCode?: number;
  };
  /** When a converge ended well for the last time, this one or an earlier one. */
  readonly lastSuccess?: string;
}

/** The file's content. */
export interface JournalEntry extends LastConverge {
  readonly owner?: ProcessIdentity;
  /** Steps that are done, with their milliseconds. */
  readonly done: readonly { readonly step: string; readonly duration: number }[];
}

const states = ['running', 'converged', 'failed', 'interrupted'] as const;

/**
 * Reads how the last converge went; `undefined` when there was none. One that says it runs and whose process is gone was
 * interrupted. The platform tells a process from a later one of the same number; without it the number alone counts.
 *
 * @throws JetpackError `ERR_JETPACK_PERMISSION` when the journal must not be read
 *
 * @public
 */
export async function readLastConverge(
  home: Home,
  platform?: Pick<Platform, 'identify'>,
): Promise<LastConverge | undefined> {
  const entry = await readJournal(new Layout(home).journal, platform);
  if (entry === undefined) return undefined;
  const { owner: _owner, done: _done, ...last } = entry;
  return last;
}

/** The whole entry. One that cannot be understood counts as none: nothing depends on it but how much is done again. */
export async function readJournal(
  file: string,
  platform?: Pick<Platform, 'identify'>,
): Promise<JournalEntry | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw readError(error, file);
  }
  const entry = parseJournal(text);
  if (entry?.state !== 'running' || isAlive(entry.owner, platform)) return entry;
  return { ...entry, state: 'interrupted' };
}

/** Writes the entry, durably. */
export async function writeJournal(file: string, entry: JournalEntry): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(entry, undefined, 2)}\n`);
}

function parseJournal(text: string): JournalEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // somebody's editor: see readJournal
  }
  return isEntry(value) ? value : undefined;
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isJsonObject(value)) return false;
  const state = textOf(value, 'state');
  const isKnown = states.some((known) => known === state);
  return isKnown && textOf(value, 'started') !== undefined && isDoneList(value);
}

function isDoneList(value: JsonObject): boolean {
  const done = value['done'];
  return Array.isArray(done) && done.every((item) => isJsonObject(item) && 'step' in item);
}

function isAlive(
  owner: ProcessIdentity | undefined,
  platform: Pick<Platform, 'identify'> | undefined,
): boolean {
  if (owner === undefined) return false;
  if (platform === undefined) return isNumberTaken(owner.pid);
  const now = platform.identify(owner.pid);
  return now?.started === owner.started && now.bootId === owner.bootId;
}

function isNumberTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
