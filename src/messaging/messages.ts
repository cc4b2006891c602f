import type { Priority } from '../transport.js';

/**
 * How serious a log message is.
 *
 * @public
 */
export type LogLevel = 'info' | 'warn' | 'error';

/**
 * A line for the server's log, and from priority `medium` on for the cluster's page. Routing key
 * `log.<level>.<priority>`.
 *
 * @public
 */
export interface LogReport {
  /** Tells the reports apart. */
  readonly kind: 'log';
  /** The second word of the routing key. */
  readonly level: LogLevel;
  /** The third word of the routing key; also what the outbox sheds first. */
  readonly priority: Priority;
  /** What the log shows, as it was given: it may have several lines. */
  readonly message: string;
}

/**
 * Where a node stands on its way from a fresh VM to a working node. Routing key `node.status`.
 *
 * @public
 */
export interface NodeStatusReport {
  /** Tells the reports apart; also the routing key. */
  readonly kind: 'node.status';
  /** `converging` while steps are done; the other two end a converge. */
  readonly phase: 'converging' | 'converged' | 'failed';
  /** The converge step it is about, for example `fetch` or `scripts`; absent for the whole converge. */
  readonly step?: string;
  /** Milliseconds the step, or the whole converge, took. */
  readonly duration?: number;
  /** One line for a person. */
  readonly message: string;
  /** What failed, on `failed`. */
  readonly failure?: {
    readonly project?: string;
    readonly spec?: string;
    /** The script that failed, by its file name, or `chef`. */
    readonly script?: string;
    readonly exitCode?: number;
    /** The last 4 KiB of its output. */
    readonly outputTail?: string;
    /** What to do about it. */
    readonly recommendation?: string;
  };
}

/**
 * The verdict of one health check. Routing key `node.health`.
 *
 * @public
 */
export interface NodeHealthReport {
  /** Tells the reports apart; also the routing key. */
  readonly kind: 'node.health';
  /** The name of its file in `config/healthcheck.d`. */
  readonly check: string;
  /** Exit code 0, 254, or anything else (a timeout included). */
  readonly verdict: 'healthy' | 'unhealthy' | 'unknown';
  /** Exit code of the check; absent when it did not run to its end. */
  readonly exitCode?: number;
  /** One line for a person. */
  readonly message: string;
  /** The last 4 KiB of its output. */
  readonly outputTail?: string;
}

/**
 * Asks the server to end this node. Routing key `node.terminate`.
 *
 * @public
 */
export interface NodeTerminateReport {
  /** Tells the reports apart; also the routing key. */
  readonly kind: 'node.terminate';
  /** The check because of which: the name of its file in `config/healthcheck.d`. */
  readonly check: string;
  /** One line for a person. */
  readonly reason: string;
  /** The last 4 KiB of the check's output. */
  readonly outputTail?: string;
}

/**
 * A person or a script asks the server to end this node. Routing key `node.shutdown`.
 *
 * @public
 */
export interface NodeShutdownReport {
  /** Tells the reports apart; also the routing key. */
  readonly kind: 'node.shutdown';
  /** As `jetpack shutdown` was called: plainly, with `--idle` or with `--unhealthy`. */
  readonly reason: 'requested' | 'idle' | 'unhealthy';
  /** True keeps the machine's disks and releases its compute. */
  readonly deallocate: boolean;
}

/**
 * A keepalive was set, extended or cancelled. Routing key `node.keepalive`.
 *
 * @public
 */
export interface NodeKeepAliveReport {
  /** Tells the reports apart; also the routing key. */
  readonly kind: 'node.keepalive';
  /** `active` when it was set or extended. */
  readonly state: 'active' | 'cancelled';
  /** ISO 8601 UTC, or `forever`; absent when cancelled. */
  readonly until?: string;
  /** Who asked: the user's name. */
  readonly by: string;
  /** Why, in the words of who asked; absent when nothing was said. */
  readonly reason?: string;
}

/**
 * What the agent itself says to the server: each kind's own part of the body. The sender adds the rest:
 * `cluster, node, nodeId, hostname, ipv4, time`.
 *
 * @public
 */
export type Report =
  | LogReport
  | NodeStatusReport
  | NodeHealthReport
  | NodeTerminateReport
  | NodeShutdownReport
  | NodeKeepAliveReport;

/**
 * Which node speaks. What is not known is an empty string.
 *
 * @public
 */
export interface NodeIdentity {
  /** `cyclecloud.cluster.name`, else the cluster in `connection.json`. */
  readonly cluster: string;
  /** `cyclecloud.node.name`. */
  readonly node: string;
  /** `cyclecloud.node.id`. */
  readonly nodeId: string;
  /** As the operating system says it: the server learns it from here. */
  readonly hostname: string;
  /** `cyclecloud.instance.ipv4`, else the first address of the machine that is not internal. */
  readonly ipv4: string;
}

/**
 * What the body of every message of ours has: which node speaks, and when.
 *
 * @public
 */
export interface ReportBody extends NodeIdentity {
  /** When the message was made: ISO 8601, UTC. */
  readonly time: string;
}

/**
 * A line for the server's log, and from priority `medium` on for the cluster's page. Routing key
 * `log.<level>.<priority>`.
 *
 * @public
 */
export type LogBody = ReportBody & Omit<LogReport, 'kind'>;

/**
 * Where a node stands on its way from a fresh VM to a working node. Routing key `node.status`.
 *
 * @public
 */
export type NodeStatusBody = ReportBody & Omit<NodeStatusReport, 'kind'>;

/**
 * The verdict of one health check. Routing key `node.health`.
 *
 * @public
 */
export type NodeHealthBody = ReportBody & Omit<NodeHealthReport, 'kind'>;

/**
 * Asks the server to end this node. Routing key `node.terminate`.
 *
 * @public
 */
export type NodeTerminateBody = ReportBody & Omit<NodeTerminateReport, 'kind'>;

/**
 * A person or a script asks the server to end this node. Routing key `node.shutdown`.
 *
 * @public
 */
export type NodeShutdownBody = ReportBody & Omit<NodeShutdownReport, 'kind'>;

/**
 * A keepalive was set, extended or cancelled. Routing key `node.keepalive`.
 *
 * @public
 */
export type NodeKeepAliveBody = ReportBody & Omit<NodeKeepAliveReport, 'kind'>;

/**
 * What became of something that was said. It is in the outbox, durably, in either case.
 *
 * @public
 */
export interface Receipt {
  /** What it is called in the outbox and at the other side: a UUID version 7. */
  readonly messageId: string;
  /** True when the other side has confirmed it; false when it still waits in the outbox. */
  readonly delivered: boolean;
  /** Why it is not delivered yet, in words. */
  readonly reason?: string;
}

/**
 * The part of the Sender that the rest of the agent speaks through.
 *
 * @public
 */
export interface Reporter {
  /**
   * Puts a report durably into the outbox. Resolves when it is there, or, with `wait`, when it was delivered or the wait
   * is over.
   */
  report(report: Report, options?: ReportOptions): Promise<Receipt>;
}

/**
 * Options of {@link Reporter.report}.
 *
 * @public
 */
export interface ReportOptions {
  /** Milliseconds to wait for the delivery; 0 only queues. @defaultValue 0 */
  readonly wait?: number;
  /** Ends the wait: the message stays queued. Aborted before it is accepted: `ERR_JETPACK_ABORTED`. */
  readonly signal?: AbortSignal;
}

/**
 * What a message says. Text travels as UTF-8 (`text/plain`), bytes unchanged (`application/octet-stream`), anything else
 * as JSON (`application/json`).
 *
 * @public
 */
export type MessageBody = string | Uint8Array | Readonly<Record<string, unknown>>;
