import { JetpackError } from '../errors.js';

/** Why something was not delivered. */
export interface Failure {
  /** For a person. */
  readonly reason: string;
  /** A later attempt may succeed with nobody doing anything about it. */
  readonly temporary: boolean;
}

/** What a transport's rejection means: refused credentials and broken configuration stay as they are. */
export function toFailure(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  const lasting = ['ERR_JETPACK_PERMISSION', 'ERR_JETPACK_BAD_CONFIG', 'ERR_JETPACK_CANNOT_WRITE'];
  return {
    reason,
    temporary: !(error instanceof JetpackError && lasting.includes(error.code)),
  };
}
