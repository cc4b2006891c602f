import fs from 'node:fs/promises';
import path from 'node:path';

import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
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

/** What a lock file says: nothing there, damaged (a failing disk has emptied it), or an owner. */
type LockContent = 'absent' | 'damaged' | LockOwner;

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

/** Options of {@link waitForLock}. */
export interface LockWaitOptions {
  readonly processes: Processes;
  /** Milliseconds after which it gives up with `ERR_JETPACK_LOCKED`. */
  readonly timeout: number;
  /** @defaultValue the machine's own */
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Takes a lock as soon as it is free.
 *
 * @throws TemporaryError `ERR_JETPACK_LOCKED` when the time is over, and what {@link tryLock} throws
 */
export async function waitForLock(
  file: string,
  doing: string,
  options: LockWaitOptions,
): Promise<HeldLock> {
  const { processes, timeout, clock = systemClock, signal } = options;
  const until = clock.uptime() + timeout;
  for (let wait = 5; ; wait = Math.min(wait * 2, 200)) {
    const { held, owner } = await tryLock(file, doing, processes);
    if (held !== undefined) return held;
    const left = until - clock.uptime();
    if (left <= 0) throw lockedError(doing, file, owner);
    await clock.sleep(Math.min(wait, left), signal);
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
    hint: 'try again when it has ended',
  });
}

async function attempt(file: string, doing: string, processes: Processes): Promise<LockAttempt> {
  // Some rounds, because between any two looks another one may come, go, or die.
  for (let round = 0; round < 5; round++) {
    const held = await create(file, doing, processes);
    if (held !== undefined) return { held };
    const content = await read(file);
    if (content === 'absent') continue;
    if (isAlive(content, processes)) return { owner: content };
    const guard = await attempt(`${file}.takeover`, 'take over a lock', processes);
    // The recursion ends: each level is only there when a process died in the middle of the level above.
    if (guard.held === undefined) return { owner: guard.owner };
    await removeDead(file, processes).finally(() => guard.held.release());
  }
  return { owner: undefined };
}

async function create(
  file: string,
  doing: string,
  processes: Processes,
): Promise<HeldLock | undefined> {
  const owner = { ...processes.identify(), doing, since: new Date().toISOString() };
  const id = `${process.pid}.${counter++}`;
  const prepared = `${file}.${id}.tmp`;
  const content = `${JSON.stringify({ ...owner, id })}\n`;
  try {
    // A process of the same number that died here may have left the name, linked to a lock that is still looked at.
    await fs.rm(prepared, { force: true });
    await fs.writeFile(prepared, content, { mode: 0o640, flag: 'wx' });
    await fs.link(prepared, file);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  } finally {
    await fs.rm(prepared, { force: true });
  }
  return heldLock(file, content);
}

function heldLock(file: string, content: string): HeldLock {
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    // Somebody who removed the file by hand has let another one in: that lock is not ours to remove.
    if ((await readText(file)) === content) await fs.rm(file, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** Under the guard: only its holder removes what a dead owner left, so what is seen dead here stays so until removed. */
async function removeDead(file: string, processes: Processes): Promise<void> {
  const content = await read(file);
  if (content === 'absent' || isAlive(content, processes)) return;
  await fs.rm(file, { force: true });
  await removeLeftovers(file, processes);
}

/** Prepared files of processes that died between writing and linking. */
async function removeLeftovers(file: string, processes: Processes): Promise<void> {
  const [folder, prefix] = [path.dirname(file), `${path.basename(file)}.`];
  for (const name of await fs.readdir(folder)) {
    const pid = /^(\d+)\.\d+\.tmp$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '');
    if (pid !== null && processes.identify(Number(pid[1])) === undefined) {
      await fs.rm(path.join(folder, name), { force: true });
    }
  }
}

function isAlive(owner: LockContent, processes: Processes): owner is LockOwner {
  if (typeof owner === 'string') return false;
  const now = processes.identify(owner.pid);
  return now !== undefined && now.started === owner.started && now.bootId === owner.bootId;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function read(file: string): Promise<LockContent> {
  const text = await readText(file);
  if (text === undefined) return 'absent';
  try {
    const owner: unknown = JSON.parse(text);
    return isOwner(owner) ? owner : 'damaged';
  } catch {
    return 'damaged'; // not JSON: nobody can be asked whether he lives
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
