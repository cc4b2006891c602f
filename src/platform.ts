/**
 * Which process, beyond its number: numbers are used again, after a reboot and before one.
 *
 * @public
 */
export interface ProcessIdentity {
  /** The operating system's number. */
  readonly pid: number;
  /** When the process began, in whatever unit the platform counts; the same for the whole life of the process. */
  readonly started: string;
  /** The boot it belongs to. */
  readonly bootId: string;
}

/**
 * A program and its arguments. Never a shell line.
 *
 * @public
 */
export interface Command {
  /** A full path, or a name that is looked for on PATH. */
  readonly file: string;
  /** Handed over one by one as they are: nothing is expanded or quoted. */
  readonly args: readonly string[];
}

/**
 * Options of {@link Platform.run}.
 *
 * @public
 */
export interface RunOptions {
  /** Working folder. @defaultValue that of this process */
  readonly cwd?: string;
  /** The whole environment of the child. @defaultValue that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which the whole process tree is ended; 0 turns it off. @defaultValue 0 */
  readonly timeout?: number;
  /** Milliseconds between asking the tree to end and killing it. @defaultValue 10 000 */
  readonly grace?: number;
  /** How the tree is asked to end. Chef obeys only `SIGINT`. @defaultValue `SIGTERM` */
  readonly endSignal?: 'SIGTERM' | 'SIGINT';
  /** Aborting it ends the whole process tree, as a timeout does. */
  readonly signal?: AbortSignal;
  /** Called with every piece of output in the order it was read; the child never waits for it. */
  readonly onOutput?: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void;
}

/**
 * How a child ended.
 *
 * @public
 */
export interface RunResult {
  /** Exit code; 128 + the signal's number when a signal ended it, as a shell says. */
  readonly exitCode: number;
  /** Why we ended it, if we did. */
  readonly endedBy: 'timeout' | 'abort' | undefined;
  /** Milliseconds from start to end. */
  readonly duration: number;
}

/**
 * What differs from one operating system to the next, and nothing else.
 *
 * @public
 */
export interface Platform {
  /** `linux` also stands for the systems that are like it: macOS and the BSDs. */
  readonly name: 'linux' | 'windows';
  /** Where a node keeps its agent: `/opt/cycle/jetpack`, `C:\cycle\jetpack`. */
  readonly defaultHome: string;
  /** Where cluster-init specs are installed when the home is the default one: `/mnt/cluster-init`, `C:\cluster-init`. */
  readonly defaultClusterInit: string;
  /** Constant from boot to boot. */
  bootId(): string;
  /** The identity of a running process, `undefined` when there is none of that number. @defaultValue this process */
  identify(pid?: number): ProcessIdentity | undefined;
  /**
   * How a file of a script folder is run: `.sh`, `.py`, anything executable that begins with `#!` on Linux;
   * `.bat .cmd .ps1 .py` on Windows. `undefined` when it is not a script (`README.txt`, dot-files, folders).
   */
  scriptCommand(path: string): Promise<Command | undefined>;
  /** The full path of a program: the name itself when it holds a separator, else the first on PATH; else `undefined`. */
  findProgram(
    name: string,
    env?: Readonly<Record<string, string | undefined>>,
  ): Promise<string | undefined>;
  /**
   * Runs a child with no standard input and resolves when it has ended, whatever its exit code. A child that leaves
   * processes behind (a daemon) does not delay it. When it is ended by timeout or abort, so are its descendants, those
   * in sessions of their own included. Rejects only when the program cannot be started:
   * `ERR_JETPACK_NOT_FOUND`, `ERR_JETPACK_PERMISSION`, `ERR_JETPACK_USAGE` (not a program).
   */
  run(command: Command, options?: RunOptions): Promise<RunResult>;
}
