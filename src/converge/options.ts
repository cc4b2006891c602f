import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import type { Home } from '../home.js';
import type { Locker } from '../locker.js';
import type { Reporter } from '../messaging/messages.js';
import type { Platform } from '../platform.js';
import type { ConvergeEvent } from './events.js';

/**
 * The part of Config that a converge reads: dotted keys, plain JSON values.
 *
 * @public
 */
export interface ConfigReader {
  /** Resolves with `undefined` when the key is absent; rejects when the configuration is damaged. */
  get<T>(key: string): Promise<T | undefined>;
}

/**
 * What a Converger is made from.
 *
 * @public
 */
export interface ConvergerOptions {
  /** Where specs are installed, and where state, logs and Chef's files are. */
  readonly home: Home;
  /** Tells the assigned specs, the run list and the settings under `cyclecloud`. */
  readonly config: ConfigReader;
  /** Where the steps and the outcome are reported. */
  readonly sender: Reporter;
  /** Finds and runs Chef and the scripts, and tells who holds the lock. */
  readonly platform: Platform;
  /**
   * Where assigned specs and blobs come from; a function is called on first use, and at most once. Without one, a
   * converge works with what is installed only. The converger does not close it.
   */
  readonly locker: Locker | undefined | (() => Promise<Locker | undefined>);
  /** Dates the journal, measures steps and waits between attempts. @defaultValue the machine's own */
  readonly clock?: Clock;
  /** What scripts and Chef inherit, and where programs are looked for. @defaultValue that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How many files are fetched side by side. @defaultValue 8 */
  readonly parallel?: number;
  /** Bytes of output kept in the log of one script; the rest is read and only its end kept. @defaultValue 64 MiB */
  readonly maxLogBytes?: number;
}

/**
 * Options of `Converger.plan`.
 *
 * @public
 */
export interface PlanOptions {
  /** Only cluster-init: Chef is left out. @defaultValue false */
  readonly clusterInitOnly?: boolean;
  /** False asks the locker nothing and uses what is installed. @defaultValue true */
  readonly sync?: boolean;
  /** Ends the call with `ERR_JETPACK_ABORTED`. */
  readonly signal?: AbortSignal;
}

/**
 * Options of `Converger.converge`.
 *
 * @public
 */
export interface ConvergeOptions extends PlanOptions {
  /** Why this converge runs. Scripts see it as `JETPACK_CONVERGE_MODE`. Nothing else depends on it. */
  readonly mode?: 'install' | 'maintenance';
  /** Milliseconds to wait for another converge to end; 0 fails at once. @defaultValue 0 */
  readonly waitLock?: number;
  /** Told what happens. It must not throw. */
  readonly onProgress?: (event: ConvergeEvent) => void;
}

/**
 * How a converge went well.
 *
 * @public
 */
export interface ConvergeResult {
  /** Milliseconds. */
  readonly duration: number;
  /** Specs assigned, and how many of them were installed anew. */
  readonly specs: { readonly assigned: number; readonly installed: number };
  /** Of all folders. Skipped are those that have run before. */
  readonly scripts: { readonly ran: number; readonly skipped: number };
  /** Skipped when the run list is empty, when it is turned off, or when only cluster-init was asked for. */
  readonly chef: 'ran' | 'skipped';
  /**
   * Chef asks for a reboot. `now`: no script was run after it; the next converge goes on with Chef and the scripts.
   * `pending`: everything was run, the reboot may come whenever it suits.
   */
  readonly reboot?: 'now' | 'pending';
}

/**
 * Options of `Converger.download`.
 *
 * @public
 */
export interface DownloadOptions {
  /** Whose blob. @defaultValue `CYCLECLOUD_PROJECT_NAME` of the environment, which scripts of a spec have */
  readonly project?: string;
  /** A file, a folder that is there, or a path that ends in a separator. @defaultValue the working folder */
  readonly destination?: string;
  /** Ends the download with `ERR_JETPACK_ABORTED`; nothing is left of it. */
  readonly signal?: AbortSignal;
  /** Told the bytes so far, and how many there will be where the locker says so. It must not throw. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/**
 * How far a download is.
 *
 * @public
 */
export interface DownloadProgress {
  /** Received so far. */
  readonly bytes: number;
  /** The blob's size in bytes; `undefined` when the locker does not say. */
  readonly total: number | undefined;
}

/** The options with their defaults, as the parts of a converge are given them. */
export interface ConvergeTools {
  readonly home: Home;
  readonly config: ConfigReader;
  readonly sender: Reporter;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parallel: number;
  readonly maxLogBytes: number;
  readonly openLocker: () => Promise<Locker | undefined>;
}

/** Fills in the defaults, which touches nothing. */
export function convergeTools(options: ConvergerOptions): ConvergeTools {
  const { home, config, sender, platform, locker } = options;
  let opened: Promise<Locker | undefined> | undefined;
  return {
    home,
    config,
    sender,
    platform,
    clock: options.clock ?? systemClock,
    env: options.env ?? process.env,
    parallel: options.parallel ?? 8,
    maxLogBytes: options.maxLogBytes ?? 64 * 1024 * 1024,
    openLocker: async () => {
      opened ??= typeof locker === 'function' ? locker() : Promise.resolve(locker);
      return opened;
    },
  };
}
