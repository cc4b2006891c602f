import fs from 'node:fs/promises';
import path from 'node:path';

import { TemporaryError } from '../errors.js';
import type { Platform, ProcessIdentity } from '../platform.js';
import { errnoOf, writeError } from './fs-error.js';

/** Who holds a lock, as the lock file tells it. */
export interface LockOwner extends ProcessIdentity {
  /** What the holder is doing, for a person: `converge`. */
  readonly doing: string;
  /** Since when, ISO 8601 UTC. */
  readonly since: string;
}

/** A held lock. `release` twice does nothing. */
export interface HeldLock extends AsyncDisposable {
  release(): Promise<void>;
}

/** Result of {@link tryLock}: the lock, or who has it. */
export type LockAttempt =
  | { readonly held: HeldLock; readonly owner?: undefined }
  | { readonly held?: undefined; readonly owner: LockOwner | undefined };

type Processes = Pick<Platform, 'identify'>;

let counter = 0;

/**
 * Takes a lock file, without waiting. The file appears with its whole content (written beside it, then linked), so that
 * nobody reads half an owner. A lock whose owner is dead, or is of another boot, is taken over, by one taker only: who
 * wants to remove it must first hold the lock `<file>.takeover`, and looks again under it.
 *
 * @throws JetpackError `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
 */
export async function tryLock(
  file: string,
  doing: string,
  processes: Processes,
): Promise<LockAttempt> {
  try {
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
    return await attempt(file, doing, processes);
  } catch (error) {
    throw writeError(error, file);
  }
}

/** The error of one who did not get the lock: says who has it, since when and doing what. */
export function lockedError(
  what: string,
  file: string,
  owner: LockOwner | undefined,
): TemporaryError {
  const who =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid} (${owner.doing}, since ${owner.since})`;
  return new TemporaryError('ERR_JETPACK_LOCKED', `cannot ${what}: ${who} holds the lock ${file}`, {
    path: file,
    hint: 'wait for it to end, or give a time to wait',
  });
}

async function attempt(file: string, doing: string, processes: Processes): Promise<LockAttempt> {
  // Twice: once as it stands, once more after a dead owner's lock was removed.
  for (let round = 0; round < 2; round++) {
    const held = await create(file, doing, processes);
    if (held !== undefined) return { held };
    const owner = await readOwner(file);
    if (owner !== undefined && isAlive(owner, processes)) return { owner };
    if (!(await removeDead(file, processes))) return { owner };
  }
  return { owner: await readOwner(file) };
}

async function create(
  file: string,
  doing: string,
  processes: Processes,
): Promise<HeldLock | undefined> {
  const self = processes.identify();
  const owner = { ...self, doing, since: new Date().toISOString() };
  const prepared = `${file}.${process.pid}.${counter++}.tmp`;
  await fs.writeFile(prepared, `${JSON.stringify(owner)}\n`, { mode: 0o640 });
  try {
    await fs.link(prepared, file);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  } finally {
    await fs.rm(prepared, { force: true });
  }
  return heldLock(file);
}

function heldLock(file: string): HeldLock {
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    await fs.rm(file, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** True when there is nothing in the way any more. */
async function removeDead(file: string, processes: Processes): Promise<boolean> {
  // The recursion ends: each level below is only there when a process died in the middle of the level above.
  const guard = await attempt(`${file}.takeover`, 'taking over a lock', processes);
  if (guard.held === undefined) return false;
  try {
    const owner = await readOwner(file);
    if (owner !== undefined && isAlive(owner, processes)) return false;
    await fs.rm(file, { force: true });
    return true;
  } finally {
    await guard.held.release();
  }
}

function isAlive(owner: LockOwner, processes: Processes): boolean {
  const now = processes.identify(owner.pid);
  return now !== undefined && now.started === owner.started && now.bootId === owner.bootId;
}

/** `undefined` when there is no lock, or one that a failing disk has emptied: nobody can be asked whether he lives. */
async function readOwner(file: string): Promise<LockOwner | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const owner: unknown = JSON.parse(text);
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined; // not JSON: the same as not there
  }
}

function isOwner(value: unknown): value is LockOwner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'started' in value &&
    'bootId' in value &&
    'doing' in value &&
    'since' in value
  );
}
