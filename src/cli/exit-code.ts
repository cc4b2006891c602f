import type { JetpackError, JetpackErrorCode } from '../index.js';

/** The exit codes of all commands. They are fixed for ever: scripts branch on them. */
const exitCodes: Readonly<Record<JetpackErrorCode, number>> = {
  ERR_JETPACK_NOT_FOUND: 1,
  ERR_JETPACK_CONVERGE: 2,
  ERR_JETPACK_DAMAGED: 2,
  ERR_JETPACK_USAGE: 64,
  ERR_JETPACK_UNREACHABLE: 69,
  ERR_JETPACK_BUG: 70,
  ERR_JETPACK_CANNOT_WRITE: 73,
  ERR_JETPACK_OUTBOX_FULL: 73,
  ERR_JETPACK_LOCKED: 75,
  ERR_JETPACK_PERMISSION: 77,
  ERR_JETPACK_BAD_CONFIG: 78,
  ERR_JETPACK_TIMEOUT: 124,
  ERR_JETPACK_ABORTED: 130,
};

/** The exit code for an error; 70 for what nobody expected. */
export function exitCodeOf(error: unknown): number {
  return isJetpackError(error) ? exitCodes[error.code] : exitCodes.ERR_JETPACK_BUG;
}

/** By its code and not by its class: a command is a bundle of its own, and brings its own copy of the class. */
export function isJetpackError(error: unknown): error is JetpackError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    Object.hasOwn(exitCodes, error.code)
  );
}
