import type { Priority } from '../transport.js';
import type { LogLevel, Receipt, Reporter, ReportOptions } from './messages.js';

/**
 * What {@link Logger} is made from.
 *
 * @public
 */
export interface LoggerOptions {
  /** What the lines go through: a {@link Sender}. */
  readonly sender: Reporter;
}

/**
 * Options of {@link Logger.log}.
 *
 * @public
 */
export interface LogOptions extends ReportOptions {
  /** How serious it is: `error` also raises the priority. @defaultValue `info` */
  readonly level?: LogLevel;
  /** From `medium` on the line shows on the cluster's page. @defaultValue `medium`, or `high` when the level is `error` */
  readonly priority?: Priority;
}

/**
 * Lines for the server's log and the cluster's page.
 *
 * @public
 */
export class Logger {
  readonly #sender: Reporter;

  constructor({ sender }: LoggerOptions) {
    this.#sender = sender;
  }

  /**
   * Says one line. Resolves when it is durably queued and, with `wait`, when it has arrived or the wait is over.
   *
   * @throws JetpackError as {@link Sender.send} does
   */
  async log(message: string, options: LogOptions = {}): Promise<Receipt> {
    const { level = 'info', priority = level === 'error' ? 'high' : 'medium', ...rest } = options;
    return this.#sender.report({ kind: 'log', level, priority, message }, rest);
  }

  /** {@link Logger.log} with level `info`. */
  async info(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<Receipt> {
    return this.log(message, { ...options, level: 'info' });
  }

  /** {@link Logger.log} with level `warn`. */
  async warn(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<Receipt> {
    return this.log(message, { ...options, level: 'warn' });
  }

  /** {@link Logger.log} with level `error`. */
  async error(message: string, options: Omit<LogOptions, 'level'> = {}): Promise<Receipt> {
    return this.log(message, { ...options, level: 'error' });
  }
}
