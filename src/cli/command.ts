/** One option of a command: what the parser needs and what help shows. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Placeholder of its value in help, for example `SECONDS`. */
  readonly value?: string;
  readonly help: string;
  /** May stand more than once. */
  readonly multiple?: boolean;
}

/** The outside world of a command. */
export interface Io {
  /** stdout: the answer and nothing else. Written before it returns. */
  out(text: string | Uint8Array): void;
  /** stderr: errors, hints, progress. Written before it returns. */
  err(text: string): void;
  /** All of standard input. */
  readStdin(): Promise<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** One call of a command, parsed. */
export interface Call {
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  readonly io: Io;
  /** Whether a moving progress line is welcome on stderr. */
  readonly progress: boolean;
}

/** One command: `src/cli/commands/<name>.ts` exports it as `command`. */
export interface CliCommand {
  /** One line, no full stop. */
  readonly summary: string;
  /** What follows `jetpack`, a line a form. */
  readonly usage: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Fewest and most positionals. */
  readonly positionals: readonly [min: number, max: number];
  readonly examples: readonly string[];
  /** Does it. Resolves with the exit code; a JetpackError becomes its line on stderr and its code. */
  run(call: Call): Promise<number>;
}
