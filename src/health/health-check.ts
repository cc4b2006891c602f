import os from 'node:os';
import path from 'node:path';

import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import type { Home } from '../home.js';
import { throwIfAborted } from '../internal/abort.js';
import { eachOf } from '../internal/each-of.js';
import { lockedError, tryLock } from '../internal/lock.js';
import type { Report, Reporter } from '../messaging/messages.js';
import type { Platform } from '../platform.js';
import type { Check, CheckVerdict, Verdict } from './check.js';
import { judge, latestVerdict } from './judge.js';
import type { Judgement } from './judge.js';
import type { KeepAlive, KeepAliveState } from './keep-alive.js';
import { loadMemory, saveMemory, setAside } from './memory.js';
import type { CheckMemory, HealthMemory } from './memory.js';
import { recentRequests } from './policy.js';
import { listScripts } from './script-check.js';
import { readHealthSettings } from './settings.js';
import type { HealthSettings, SettingsSource } from './settings.js';

/**
 * Options of {@link HealthCheck}.
 *
 * @public
 */
export interface HealthCheckOptions {
  /** Where the checks ({@link Home.healthChecks}) and what they said ({@link Home.healthFile}) are. */
  readonly home: Home;
  /** Where the settings under `cyclecloud.healthcheck` come from: a `Config`, or anything like it. */
  readonly config: { get<T>(key: string): Promise<T | undefined> };
  /** Hears of changes, of checks that do not work, and of requests to end the node. */
  readonly sender: Reporter;
  /** While it is active, no request is sent. */
  readonly keepAlive: Pick<KeepAlive, 'status'>;
  /** Runs the checks, and tells a living holder of the lock from a dead one. */
  readonly platform: Platform;
  /** Dates what the checks say; the daily budget counts by it. @defaultValue the machine's own */
  readonly clock?: Clock;
  /** How many checks run side by side. @defaultValue one per core */
  readonly concurrency?: number;
  /** The environment that scripts get, to which the agent adds its own. @defaultValue that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A verdict that asked for the node's end and was held back.
 *
 * @public
 */
export interface HeldVerdict extends CheckVerdict {
  /** One line for a person: the keepalive, the threshold, the budget, or that the check flaps. */
  readonly why: string;
}

/**
 * One round: every check, once.
 *
 * @public
 */
export interface HealthRound {
  /** By name of the check. Empty when there are none: then nothing is known, which is not the same as healthy. */
  readonly verdicts: readonly CheckVerdict[];
  /** Those because of which the server was asked to end this node. */
  readonly requested: readonly CheckVerdict[];
  /** Those because of which it would have been asked. */
  readonly heldBack: readonly HeldVerdict[];
  /** Names in `config/healthcheck.d` that are no scripts and did not run. */
  readonly ignored: readonly string[];
  /** As it was when the verdicts were in: it decided what was held back. */
  readonly keepAlive: KeepAliveState;
}

/**
 * What a check said last.
 *
 * @public
 */
export interface CheckStatus {
  /** The name of its file in `config/healthcheck.d`. */
  readonly check: string;
  /** Of the latest run alone, however often it flapped before. */
  readonly verdict: Verdict;
  /** One line for a person, as the check said it. */
  readonly message: string;
  /** When it ran: wall clock, milliseconds since 1970. */
  readonly time: number;
}

/** A week. */
const forgottenAfter = 7 * 86_400_000;

/**
 * Runs the scripts of `config/healthcheck.d` and tells the server what they say. Exit 0 is healthy; 254 is unhealthy, and
 * asks the server to end this node; anything else, a timeout included, is unknown. The node is never ended from here: the
 * server decides, and while it cannot be reached the request waits in the outbox.
 *
 * A request needs `cyclecloud.healthcheck.failures` unhealthy results in a row (1), no active keepalive, a check that does
 * not flap, and room in `cyclecloud.healthcheck.budget` (3 a day). One incident, from the first unhealthy result to the
 * next healthy one, has one request. What was said so far is kept in `run/health.json`; damaged, it is set aside as
 * `run/health.json.damaged`, reported, and begun anew.
 *
 * @public
 */
export class HealthCheck {
  readonly #home: Home;
  readonly #config: SettingsSource;
  readonly #sender: Reporter;
  readonly #keepAlive: Pick<KeepAlive, 'status'>;
  readonly #platform: Platform;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(options: HealthCheckOptions) {
    this.#home = options.home;
    this.#config = options.config;
    this.#sender = options.sender;
    this.#keepAlive = options.keepAlive;
    this.#platform = options.platform;
    this.#clock = options.clock ?? systemClock;
    this.#concurrency = options.concurrency ?? os.availableParallelism();
    this.#env = options.env ?? process.env;
  }

  /**
   * Runs every check once, side by side, and reports. One round at a time on a node: while another process runs one, it
   * rejects at once.
   *
   * @throws {@link TemporaryError} `ERR_JETPACK_LOCKED`; {@link JetpackError} `ERR_JETPACK_BAD_CONFIG` (a setting),
   *   `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_ABORTED` (nothing is decided then), and what the
   *   sender throws, after everything else was done
   */
  async runOnce(options: { readonly signal?: AbortSignal } = {}): Promise<HealthRound> {
    const doing = 'run the health checks';
    throwIfAborted('the health check', options.signal);
    const settings = await readHealthSettings(this.#config);
    const file = `${this.#home.healthFile}.lock`;
    const { held, owner } = await tryLock(file, doing, this.#platform);
    if (held === undefined) throw lockedError(doing, file, owner);
    try {
      return await this.#round(settings, options.signal);
    } finally {
      await held.release();
    }
  }

  /**
   * What each check said when it last ran; nothing is run. A check that has not run yet is not in it: it is unknown.
   *
   * @throws {@link JetpackError} `ERR_JETPACK_PERMISSION`
   */
  async status(): Promise<readonly CheckStatus[]> {
    const { memory } = await loadMemory(this.#home.healthFile);
    return [...memory.checks].map(([check, { history, message }]) => ({
      check,
      verdict: latestVerdict({ history, message }),
      message,
      time: history.results.at(-1)?.time ?? 0,
    }));
  }

  async #round(settings: HealthSettings, signal: AbortSignal | undefined): Promise<HealthRound> {
    const memory = await this.#remember();
    const { checks, ignored } = await listScripts(this.#home.healthChecks, {
      platform: this.#platform,
      timeout: settings.timeout,
      env: this.#scriptEnvironment(),
    });
    const verdicts = await this.#runAll(checks, signal);
    throwIfAborted('the health check', signal);
    const keepAlive = await this.#keepAliveState();
    const judgements = this.#judgeAll(verdicts, { memory, keepAlive, settings });
    await this.#conclude(judgements, memory);
    return {
      verdicts,
      requested: judgements
        .filter(({ decision }) => decision.action === 'request')
        .map(({ verdict }) => verdict),
      heldBack: judgements.flatMap(({ decision, verdict }) =>
        decision.action === 'hold' ? [{ ...verdict, why: decision.why }] : [],
      ),
      ignored,
      keepAlive,
    };
  }

  async #remember(): Promise<HealthMemory> {
    const file = this.#home.healthFile;
    const { memory, damage } = await loadMemory(file);
    if (damage !== undefined) {
      const aside = await setAside(file);
      const message = `the health history ${file} is damaged (${damage}): it is begun anew, the old one is ${aside}`;
      await this.#sender.report({ kind: 'log', level: 'warn', priority: 'medium', message });
    }
    return { ...memory, requests: recentRequests(memory.requests, this.#clock.now()) };
  }

  async #runAll(
    checks: readonly Check[],
    signal: AbortSignal | undefined,
  ): Promise<CheckVerdict[]> {
    const verdicts = new Map<string, CheckVerdict>();
    await eachOf(checks, this.#concurrency, async (check) => {
      if (signal?.aborted !== true) verdicts.set(check.name, await check.run(signal));
    });
    return checks.flatMap(({ name }) => verdicts.get(name) ?? []);
  }

  /** One that cannot be read counts as one: better a node too many than one that somebody wanted to keep. */
  async #keepAliveState(): Promise<KeepAliveState> {
    try {
      return await this.#keepAlive.status();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const since = this.#clock.now();
      const until = 'forever';
      return { state: 'active', until, remaining: Infinity, since, by: 'unknown', problem };
    }
  }

  #judgeAll(
    verdicts: readonly CheckVerdict[],
    given: { memory: HealthMemory; keepAlive: KeepAliveState; settings: HealthSettings },
  ): Judgement[] {
    const now = this.#clock.now();
    const requests = [...given.memory.requests];
    return verdicts.map((verdict) => {
      const before = given.memory.checks.get(verdict.check);
      const { keepAlive, settings: policy } = given;
      const judgement = judge(verdict, { before, requests, keepAlive, policy, now });
      if (judgement.decision.action === 'request') requests.push(now);
      return judgement;
    });
  }

  /**
   * Says and remembers. A request is charged to the budget before it is sent, and its incident closed after: who dies in
   * between asks twice, and never more often than the budget allows. What could not be said is not remembered as said.
   */
  async #conclude(judgements: readonly Judgement[], memory: HealthMemory): Promise<void> {
    const file = this.#home.healthFile;
    const now = this.#clock.now();
    const charge = judgements
      .filter(({ decision }) => decision.action === 'request')
      .map(() => now);
    if (charge.length > 0) {
      await saveMemory(file, { ...memory, requests: [...memory.requests, ...charge] });
    }
    // A check that was taken away is remembered for a while: it may only be in the middle of being replaced.
    const checks = new Map([...memory.checks].filter(([, check]) => isRecent(check, now)));
    const requests = [...memory.requests];
    const failures: unknown[] = [];
    for (const { verdict, decision, reports, after } of judgements) {
      try {
        await this.#say(reports);
        checks.set(verdict.check, after);
        if (decision.action === 'request') requests.push(now);
      } catch (error) {
        failures.push(error);
      }
    }
    await saveMemory(file, { requests, checks });
    if (failures.length > 0) throw failures[0];
  }

  async #say(reports: readonly Report[]): Promise<void> {
    for (const report of reports) await this.#sender.report(report);
  }

  #scriptEnvironment(): Record<string, string | undefined> {
    const env = { ...this.#env };
    const pathName = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
    const folders = [this.#home.bin, ...(env[pathName] ?? '').split(path.delimiter)];
    return {
      ...env,
      [pathName]: folders.filter((folder) => folder !== '').join(path.delimiter),
      CYCLECLOUD_HOME: this.#home.root,
      JETPACK_HOME: this.#home.root,
    };
  }
}

function isRecent({ history }: CheckMemory, now: number): boolean {
  return (history.results.at(-1)?.time ?? 0) > now - forgottenAfter;
}
