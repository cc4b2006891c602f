/**
 * What went wrong, in words a program can branch on. Nobody needs to read the message text for that.
 *
 * | code | what it means | exit code of the command |
 * |---|---|---|
 * | `ERR_JETPACK_NOT_FOUND` | the thing asked for is not there | 1 |
 * | `ERR_JETPACK_CONVERGE` | a spec is missing, or Chef or a script failed | 2, or Chef's 35 / 37 |
 * | `ERR_JETPACK_USAGE` | the call itself is wrong; the same call never works | 64 |
 * | `ERR_JETPACK_UNREACHABLE` | server, broker or locker does not answer | 69 |
 * | `ERR_JETPACK_BUG` | a state that should not exist | 70 |
 * | `ERR_JETPACK_CANNOT_WRITE` | disk full, read-only, not a folder | 73 |
 * | `ERR_JETPACK_LOCKED` | another process holds the lock | 75 |
 * | `ERR_JETPACK_OUTBOX_FULL` | the outbox is at its bound and holds nothing of low priority to shed | 73 |
 * | `ERR_JETPACK_PERMISSION` | the operating system refuses this user | 77 |
 * | `ERR_JETPACK_BAD_CONFIG` | a configuration file is damaged | 78 |
 * | `ERR_JETPACK_DAMAGED` | a downloaded or stored file is not what it should be | 2 |
 * | `ERR_JETPACK_TIMEOUT` | a deadline passed | 124 |
 * | `ERR_JETPACK_ABORTED` | the caller's signal was aborted | 130 |
 *
 * @public
 */
export type JetpackErrorCode =
  | 'ERR_JETPACK_NOT_FOUND'
  | 'ERR_JETPACK_CONVERGE'
  | 'ERR_JETPACK_USAGE'
  | 'ERR_JETPACK_UNREACHABLE'
  | 'ERR_JETPACK_BUG'
  | 'ERR_JETPACK_CANNOT_WRITE'
  | 'ERR_JETPACK_LOCKED'
  | 'ERR_JETPACK_OUTBOX_FULL'
  | 'ERR_JETPACK_PERMISSION'
  | 'ERR_JETPACK_BAD_CONFIG'
  | 'ERR_JETPACK_DAMAGED'
  | 'ERR_JETPACK_TIMEOUT'
  | 'ERR_JETPACK_ABORTED';

/**
 * The facts that come with a {@link JetpackError}.
 *
 * @public
 */
export interface JetpackErrorOptions {
  /** What caused it: the operating system's or a library's own error. */
  readonly cause?: unknown;
  /** What to do about it: one sentence, lower case, no full stop. Shown as a second line. */
  readonly hint?: string;
  /** The file or folder it is about. */
  readonly path?: string;
  /** The exit code of the child process it is about. */
  readonly exitCode?: number;
}

/**
 * Every error this package throws on purpose. The message says what failed, on what and why, in one line, in lower
 * case and without any secret: `cannot read /opt/cycle/jetpack/config/node.json: unexpected end at line 3, column 1`.
 *
 * @public
 */
export class JetpackError extends Error {
  /** What callers branch on. */
  readonly code: JetpackErrorCode;
  /** What to do about it, if we know. */
  readonly hint: string | undefined;
  /** The file or folder it is about. */
  readonly path: string | undefined;
  /** The exit code of the child process it is about. */
  readonly exitCode: number | undefined;

  constructor(code: JetpackErrorCode, message: string, options: JetpackErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
    this.path = options.path;
    this.exitCode = options.exitCode;
  }

  /** The class, as logs print it. Programs branch on `code` instead. */
  override get name(): string {
    return 'JetpackError';
  }
}

/**
 * The same call may work later: the broker is down, the lock is held, a deadline passed. Callers retry these.
 *
 * @public
 */
export class TemporaryError extends JetpackError {
  /** Always `TemporaryError`. */
  override get name(): string {
    return 'TemporaryError';
  }
}

/**
 * The call itself is wrong and stays wrong: an unknown option, a duration that is none. Callers mend their code.
 *
 * @public
 */
export class UsageError extends JetpackError {
  constructor(message: string, options: JetpackErrorOptions = {}) {
    super('ERR_JETPACK_USAGE', message, options);
  }

  /** Always `UsageError`. */
  override get name(): string {
    return 'UsageError';
  }
}
