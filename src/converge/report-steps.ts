import { JetpackError } from '../errors.js';
import type { NodeStatusReport, Reporter } from '../messaging/messages.js';
import type { ConvergeEvent } from './events.js';
import { factsOf } from './failure.js';

type Status = Omit<NodeStatusReport, 'kind'>;

/**
 * Tells the server where the node stands. A report that cannot be queued (the outbox is full, or its disk) becomes a
 * warning: to configure the node matters more than to say so.
 */
export class StatusReports {
  readonly #sender: Reporter;
  readonly #emit: (event: ConvergeEvent) => void;

  constructor(sender: Reporter, emit: (event: ConvergeEvent) => void) {
    this.#sender = sender;
    this.#emit = emit;
  }

  async converging(status: Omit<Status, 'phase'>): Promise<void> {
    await this.#report({ phase: 'converging', ...status });
  }

  async converged(message: string, duration: number): Promise<void> {
    await this.#report({ phase: 'converged', duration, message });
  }

  async failed(error: JetpackError, step: string | undefined, duration: number): Promise<void> {
    const facts = factsOf(error);
    await this.#report({
      phase: 'failed',
      ...(step === undefined ? {} : { step }),
      duration,
      message: error.message,
      ...(Object.keys(facts).length === 0 ? {} : { failure: facts }),
    });
  }

  async #report(status: Status): Promise<void> {
    try {
      await this.#sender.report({ kind: 'node.status', ...status });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#emit({ type: 'warning', message: `cannot report the converge: ${why}` });
    }
  }
}

/** Any error as one of ours: what is none is a bug, and says so. */
export function asJetpackError(error: unknown): JetpackError {
  if (error instanceof JetpackError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new JetpackError('ERR_JETPACK_BUG', `the converge broke: ${why}`, { cause: error });
}
