import { UsageError } from '../errors.js';
import type { Message, Priority } from '../transport.js';
import type { MessageBody, NodeIdentity, Report } from './messages.js';

/** The body of a message and its type. */
export interface ComposedBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** What a report travels as. */
export interface ComposedReport {
  readonly routingKey: string;
  readonly priority: Priority;
  readonly body: Readonly<Record<string, unknown>>;
}

/** AMQP 0-9-1 carries names as short strings: one byte of length. */
const shortString = 255;

/** What RabbitMQ takes at most by default (`max_message_size`). */
const largestBody = 128 * 1024 * 1024;

/** Text, JSON or bytes: what a body is decides its content type. */
export function composeBody(body: MessageBody): ComposedBody {
  if (typeof body === 'string') {
    return { bytes: Buffer.from(body), contentType: 'text/plain; charset=utf-8' };
  }
  if (body instanceof Uint8Array) return { bytes: body, contentType: 'application/octet-stream' };
  return { bytes: Buffer.from(toJson(body)), contentType: 'application/json' };
}

function toJson(body: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    throw new UsageError('cannot send the message: its body is not JSON', { cause: error });
  }
}

/** The kind of a report decides its routing key and, but for a log, its priority. */
export function composeReport(report: Report, who: NodeIdentity, now: number): ComposedReport {
  const { kind, ...own } = report;
  const { cluster, node, nodeId, hostname, ipv4 } = who;
  const time = new Date(now).toISOString();
  return {
    routingKey: kind === 'log' ? `log.${report.level}.${report.priority}` : kind,
    priority: priorityOf(report),
    body: { cluster, node, nodeId, hostname, ipv4, time, ...own },
  };
}

const healthPriority = { healthy: 'low', unknown: 'medium', unhealthy: 'high' } as const;

/** Low is what the next report of its kind makes obsolete: it is what a full outbox sheds. */
function priorityOf(report: Report): Priority {
  if (report.kind === 'log') return report.priority;
  if (report.kind === 'node.health') return healthPriority[report.verdict];
  if (report.kind === 'node.keepalive') return 'medium';
  if (report.kind === 'node.status' && report.phase !== 'failed') {
    return report.step === undefined ? 'medium' : 'low';
  }
  return 'high';
}

/**
 * Refuses what no broker would take, before it is queued and refused again and again.
 *
 * @throws UsageError
 */
export function checkMessage(message: Message): void {
  if (message.routingKey === '') {
    throw new UsageError('cannot send the message: the routing key is empty');
  }
  for (const name of ['routingKey', 'type', 'contentType', 'exchange'] as const) {
    checkLength(name, message[name]);
  }
  for (const [name, value] of Object.entries(message.headers)) checkHeader(name, value);
  if (message.body.length > largestBody) {
    throw new UsageError(
      `cannot send the message: ${message.body.length} bytes, at most ${largestBody} can be sent`,
    );
  }
}

function checkLength(name: string, value: string): void {
  const length = Buffer.byteLength(value);
  if (length <= shortString) return;
  throw new UsageError(
    `cannot send the message: ${name} has ${length} bytes, at most ${shortString} are allowed`,
  );
}

function checkHeader(name: string, value: unknown): void {
  checkLength('a header name', name);
  const isValid = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (name !== '' && isValid) return;
  throw new UsageError(
    `cannot send the message: header ${JSON.stringify(name)} must have a name and be a text, a number or a boolean`,
  );
}
