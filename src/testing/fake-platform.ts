import path from 'node:path';

import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { JetpackError } from '../errors.js';
import type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from '../platform.js';

/**
 * One run of a {@link FakeProgram}.
 *
 * @public
 */
export interface FakeRun {
  /** As it was given to {@link FakePlatform.run}. */
  readonly command: Command;
  /** As they were given: a program may look at `cwd` and `env`. */
  readonly options: RunOptions;
  /** Prints. */
  readonly write: (text: string | Uint8Array, stream?: 'stdout' | 'stderr') => void;
  /** Aborted when the run is ended by its timeout or its caller. */
  readonly signal: AbortSignal;
}

/**
 * A program that is only a function: it returns its exit code.
 *
 * @public
 */
export type FakeProgram = (run: FakeRun) => number | Promise<number>;

/**
 * Options of {@link FakePlatform}.
 *
 * @public
 */
export interface FakePlatformOptions {
  /** Measures timeouts and durations. @defaultValue the machine's own */
  readonly clock?: Clock;
  /** Of the first boot; {@link FakePlatform.reboot} makes others. @defaultValue `boot-1` */
  readonly bootId?: string;
  /** What can be run: by full path, or by base name. @defaultValue nothing */
  readonly programs?: Readonly<Record<string, FakeProgram>>;
}

/**
 * A platform on which no program really runs. A file is a script by its name, as on Linux (`.sh`, `.py`), or when a program
 * was given for it; what a script does is its program, by full path or base name.
 *
 * @public
 */
export class FakePlatform implements Platform {
  /** Always Linux, whatever the tests run on. */
  readonly name = 'linux';
  /** As on Linux. Nothing is made there. */
  readonly defaultHome = '/opt/cycle/jetpack';
  /** As on Linux. Nothing is made there. */
  readonly defaultClusterInit = '/mnt/cluster-init';
  /** What can be run: by full path, or by base name. */
  readonly programs: Map<string, FakeProgram>;
  /** What was run, in order. */
  readonly commands: Command[] = [];
  readonly #clock: Clock;
  readonly #processes = new Map<number, string>([[process.pid, 'start-1']]);
  #bootId: string;
  #boots = 1;

  constructor(options: FakePlatformOptions = {}) {
    const { clock = systemClock, bootId = 'boot-1', programs = {} } = options;
    this.#clock = clock;
    this.#bootId = bootId;
    this.programs = new Map(Object.entries(programs));
  }

  /** Another boot: another boot id, and of the processes only this one. */
  reboot(): void {
    this.#boots++;
    this.#bootId = `boot-${this.#boots}`;
    this.#processes.clear();
    this.#processes.set(process.pid, `start-${this.#boots}`);
  }

  /** Begins a process of that number, or, with `undefined`, ends it. */
  setProcess(pid: number, started: string | undefined): void {
    if (started === undefined) this.#processes.delete(pid);
    else this.#processes.set(pid, started);
  }

  /** The one that was given, after a reboot `boot-2`, `boot-3` and so on. */
  bootId(): string {
    return this.#bootId;
  }

  /** Knows this process and those of {@link FakePlatform.setProcess}. */
  identify(pid = process.pid): ProcessIdentity | undefined {
    const started = this.#processes.get(pid);
    return started === undefined ? undefined : { pid, started, bootId: this.#bootId };
  }

  /** Looks at the name only: the file need not exist, and needs no `#!`. */
  async scriptCommand(file: string): Promise<Command | undefined> {
    const name = path.basename(file);
    if (name.startsWith('.')) return undefined;
    const isScript = /\.(?:sh|py)$/.test(name) || this.#program(file) !== undefined;
    return isScript ? { file, args: [] } : undefined;
  }

  /** Programs that were given, and no other: a bare name is below `/usr/bin`. */
  async findProgram(name: string): Promise<string | undefined> {
    if (!this.programs.has(name)) return undefined;
    return name.includes('/') ? name : `/usr/bin/${name}`;
  }

  /** Calls the {@link FakeProgram}; one that was not given rejects with `ERR_JETPACK_NOT_FOUND`. */
  async run(command: Command, options: RunOptions = {}): Promise<RunResult> {
    if (options.signal?.aborted === true) return { exitCode: 130, endedBy: 'abort', duration: 0 };
    const program = this.#program(command.file);
    if (program === undefined) {
      throw new JetpackError(
        'ERR_JETPACK_NOT_FOUND',
        `cannot run ${command.file}: no such file or folder`,
        { path: command.file },
      );
    }
    this.commands.push(command);
    const begun = this.#clock.uptime();
    const end = await this.#race(program, command, options);
    return { ...end, duration: this.#clock.uptime() - begun };
  }

  async #race(
    program: FakeProgram,
    command: Command,
    options: RunOptions,
  ): Promise<Omit<RunResult, 'duration'>> {
    const done = new AbortController();
    const ended = new AbortController();
    const stop = (endedBy: 'timeout' | 'abort'): Omit<RunResult, 'duration'> => {
      ended.abort();
      return { exitCode: 143, endedBy };
    };
    const write: FakeRun['write'] = (text, stream = 'stdout') => {
      options.onOutput?.(typeof text === 'string' ? Buffer.from(text) : text, stream);
    };
    const work = Promise.resolve(program({ command, options, write, signal: ended.signal }));
    try {
      return await Promise.race([
        work.then((exitCode) => ({ exitCode, endedBy: undefined })),
        this.#timeout(options.timeout ?? 0, done.signal).then(() => stop('timeout')),
        abortion(options.signal, done.signal).then(() => stop('abort')),
      ]);
    } finally {
      done.abort();
    }
  }

  /** Never resolves when there is no timeout, or when the run was done before. */
  async #timeout(milliseconds: number, done: AbortSignal): Promise<void> {
    if (milliseconds === 0) return never();
    try {
      await this.#clock.sleep(milliseconds, done);
    } catch {
      await never(); // only `done` ends this sleep
    }
  }

  #program(file: string): FakeProgram | undefined {
    return this.programs.get(file) ?? this.programs.get(path.basename(file));
  }
}

async function never(): Promise<void> {
  return new Promise(() => undefined);
}

async function abortion(signal: AbortSignal | undefined, done: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true, signal: done },
    );
  });
}
