import os from 'node:os';

import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { UsageError } from '../errors.js';
import type { Home } from '../home.js';
import { writeFileAtomic } from '../internal/atomic-file.js';
import { realDisk } from '../internal/disk.js';
import { writeError } from '../internal/fs-error.js';
import { waitForLock } from '../internal/lock.js';
import { readStateFile } from '../internal/state-file.js';
import type { Reporter } from '../messaging/messages.js';
import type { Platform } from '../platform.js';
import { readLease, remainingOf } from './lease.js';
import type { Lease } from './lease.js';

/**
 * Whether somebody wants the node to live on.
 *
 * @public
 */
export type KeepAliveState =
  | { readonly state: 'inactive' }
  | {
      readonly state: 'active';
      /** Wall clock, milliseconds since 1970. */
      readonly until: number | 'forever';
      /** Milliseconds; `Infinity` for ever. */
      readonly remaining: number;
      /** When it was asked for: wall clock, milliseconds since 1970. */
      readonly since: number;
      /** Who asked: the user's name. */
      readonly by: string;
      readonly reason?: string;
      /** Set when the record of it is damaged: it then counts as for ever, until it is set anew or cancelled. */
      readonly problem?: string;
    };

/**
 * Options of {@link KeepAlive}.
 *
 * @public
 */
export interface KeepAliveOptions {
  /** Where the record is kept: {@link Home.keepAliveFile}. */
  readonly home: Home;
  /** Hears of every change. */
  readonly sender: Reporter;
  /** Tells one boot from the next, and a living holder of the lock from a dead one. */
  readonly platform: Pick<Platform, 'bootId' | 'identify'>;
  /** Both its times count: see {@link KeepAlive}. @defaultValue the machine's own */
  readonly clock?: Clock;
  /** Who asks. @defaultValue the user of this process, or the one behind `sudo` */
  readonly user?: () => string;
}

/** Longer ones are no reason but a file. */
const longestReason = 1024;
/** Ten years: a later end can be no date. */
const longestDuration = 3650 * 86_400_000;
/** Writing takes milliseconds; who holds the lock longer hangs. */
const lockTimeout = 5000;

/**
 * Keeps the node from being ended by its health checks, for a while or for ever. It is a file below the home: it needs no
 * service, and outlives every restart and reboot. The wall clock may jump: within one boot only the time that really
 * passed counts; after a reboot the wall clock counts, but never gives more than was asked for.
 *
 * A record that is damaged counts as a keepalive for ever, with `problem` saying so: better a node too many than one that
 * somebody wanted to keep. `set` and `cancel` mend it.
 *
 * @public
 */
export class KeepAlive {
  readonly #home: Home;
  readonly #sender: Reporter;
  readonly #platform: Pick<Platform, 'bootId' | 'identify'>;
  readonly #clock: Clock;
  readonly #user: () => string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: KeepAliveOptions) {
    const { home, sender, platform, clock = systemClock, user = currentUser } = options;
    this.#home = home;
    this.#sender = sender;
    this.#platform = platform;
    this.#clock = clock;
    this.#user = user;
  }

  /**
   * Asks for a time from now on. A shorter wish never shortens a longer one that runs: then nothing changes, and the
   * longer one is returned. A change is reported; when the report fails, the keepalive holds all the same.
   *
   * @param duration - milliseconds, at most 3650 days, or `'forever'`
   * @throws {@link UsageError} `ERR_JETPACK_USAGE`; {@link JetpackError} `ERR_JETPACK_CANNOT_WRITE`,
   *   `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_LOCKED`, and what the sender throws
   */
  async set(
    duration: number | 'forever',
    options: { readonly reason?: string } = {},
  ): Promise<KeepAliveState> {
    checkDuration(duration);
    const { reason } = options;
    if (reason !== undefined && reason.length > longestReason) {
      throw new UsageError(`the reason must have at most ${longestReason} characters`);
    }
    return this.#alone(async () => {
      const current = await this.status();
      const wanted = duration === 'forever' ? Infinity : duration;
      const runs = current.state === 'active' && current.problem === undefined;
      if (runs && current.remaining >= wanted) return current;
      return this.#start(duration, reason);
    });
  }

  /**
   * What holds now. Takes no lock and changes nothing.
   *
   * @throws {@link JetpackError} `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_BAD_CONFIG` when the record cannot be read
   */
  async status(): Promise<KeepAliveState> {
    const file = this.#home.keepAliveFile;
    const content = await readStateFile(file);
    if (content.state === 'absent') return { state: 'inactive' };
    if (content.state === 'damaged') return this.#unknown(content.why);
    const lease = readLease(content.value);
    return lease === undefined ? this.#unknown('it is no keepalive') : this.#stateOf(lease);
  }

  /**
   * Ends it at once, a damaged one too. The change is reported; when there was none, nothing happens.
   *
   * @throws {@link JetpackError} as {@link KeepAlive.set}
   */
  async cancel(): Promise<KeepAliveState> {
    return this.#alone(async () => {
      const current = await this.status();
      await this.#remove();
      if (current.state === 'active') {
        await this.#sender.report({ kind: 'node.keepalive', state: 'cancelled', by: this.#user() });
      }
      return { state: 'inactive' };
    });
  }

  async #start(duration: number | 'forever', reason: string | undefined): Promise<KeepAliveState> {
    const lease: Lease = {
      duration,
      since: this.#clock.now(),
      uptime: this.#clock.uptime(),
      bootId: this.#platform.bootId(),
      by: this.#user(),
      ...(reason === undefined ? {} : { reason }),
    };
    await writeFileAtomic(this.#home.keepAliveFile, `${JSON.stringify(lease)}\n`);
    await this.#sender.report({
      kind: 'node.keepalive',
      state: 'active',
      until: duration === 'forever' ? duration : new Date(lease.since + duration).toISOString(),
      by: lease.by,
      ...(reason === undefined ? {} : { reason }),
    });
    return this.#stateOf(lease);
  }

  #stateOf(lease: Lease): KeepAliveState {
    const remaining = remainingOf(lease, this.#clock, this.#platform.bootId());
    if (remaining === 0) return { state: 'inactive' };
    const { since, by, reason } = lease;
    return {
      state: 'active',
      until: remaining === Infinity ? 'forever' : this.#clock.now() + remaining,
      remaining,
      since,
      by,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  #unknown(why: string): KeepAliveState {
    return {
      state: 'active',
      until: 'forever',
      remaining: Infinity,
      since: this.#clock.now(),
      by: 'unknown',
      problem: `the record ${this.#home.keepAliveFile} is damaged (${why}): set the keepalive anew, or cancel it`,
    };
  }

  async #remove(): Promise<void> {
    const file = this.#home.keepAliveFile;
    try {
      await realDisk.remove(file);
      await realDisk.syncFolder(this.#home.run);
    } catch (error) {
      throw writeError(error, file);
    }
  }

  /** One change at a time: in this process by the queue, over processes by the lock. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => this.#locked(work));
    this.#queue = turn.catch(() => undefined); // its caller hears of it
    return turn;
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await waitForLock(`${this.#home.keepAliveFile}.lock`, 'change the keepalive', {
      processes: this.#platform,
      timeout: lockTimeout,
      clock: this.#clock,
    });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }
}

function checkDuration(duration: number | 'forever'): void {
  if (duration === 'forever' || (duration > 0 && duration <= longestDuration)) return;
  throw new UsageError(
    `the duration must be a positive number of milliseconds, at most ${longestDuration}, or 'forever', got ${duration}`,
  );
}

function currentUser(): string {
  const behindSudo = process.env['SUDO_USER'];
  if (behindSudo !== undefined && behindSudo !== '') return behindSudo;
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a user that has no name: a container's
  }
}
