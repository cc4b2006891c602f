import { JetpackError } from '../errors.js';

/** The error of work that its caller gave up. An error of ours given as the reason passes unchanged. */
export function abortedError(what: string, signal?: AbortSignal): JetpackError {
  const reason: unknown = signal?.reason;
  if (reason instanceof JetpackError) return reason;
  return new JetpackError('ERR_JETPACK_ABORTED', `${what} was interrupted`, { cause: reason });
}

/** Throws {@link abortedError} when the signal is aborted. */
export function throwIfAborted(what: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedError(what, signal);
}
