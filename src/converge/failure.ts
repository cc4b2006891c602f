import { JetpackError, type JetpackErrorOptions } from '../errors.js';
import type { NodeStatusReport } from '../messaging/messages.js';

/** What the server is told about a failure beside the message. */
export type FailureFacts = NonNullable<NodeStatusReport['failure']>;

/** A converge that failed, with the facts for the report. Users see a JetpackError like any other. */
export class ConvergeFailure extends JetpackError {
  readonly facts: FailureFacts;

  constructor(message: string, facts: FailureFacts, options: JetpackErrorOptions = {}) {
    super('ERR_JETPACK_CONVERGE', message, options);
    this.facts = facts;
  }
}

/** The facts to report about any error that ended a converge. */
export function factsOf(error: JetpackError): FailureFacts {
  return {
    ...(error instanceof ConvergeFailure ? error.facts : {}),
    ...(error.exitCode === undefined ? {} : { exitCode: error.exitCode }),
    ...(error.hint === undefined ? {} : { recommendation: error.hint }),
  };
}
