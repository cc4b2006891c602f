import type { ReceivedMessage } from '../message-source.js';
import { bodyFields } from './file.js';

/**
 * A message as {@link FileTransport} writes it: one JSON object, with the newline that ends it.
 *
 * @public
 */
export function formatMessageLine(message: Omit<ReceivedMessage, 'json'>): string {
  const { messageId, timestamp, exchange, routingKey, type, contentType, headers } = message;
  const facts = { messageId, timestamp, exchange, routingKey, type, contentType, headers };
  return `${JSON.stringify({ ...facts, ...bodyFields(message) })}\n`;
}

/** Reads a line that {@link FileTransport} has written. `undefined` when it is none, for example because it was cut off. */
export function readLine(line: Buffer): Omit<ReceivedMessage, 'json'> | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  return isFields(fields) ? messageOf(fields) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && 'routingKey' in value && 'body' in value;
}

function messageOf(fields: Fields): Omit<ReceivedMessage, 'json'> {
  const { timestamp, headers } = fields;
  const contentType = textOf(fields['contentType']);
  return {
    messageId: textOf(fields['messageId']),
    timestamp: typeof timestamp === 'number' ? timestamp : 0,
    exchange: textOf(fields['exchange']),
    routingKey: textOf(fields['routingKey']),
    type: textOf(fields['type']),
    contentType,
    headers: { ...(typeof headers === 'object' ? headers : {}) },
    body: bodyOf(fields, contentType),
  };
}

function bodyOf({ body, encoding }: Fields, contentType: string): Uint8Array {
  if (typeof body !== 'string') return Buffer.from(JSON.stringify(body));
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  // A JSON text that is a string was written as a JSON string.
  return Buffer.from(/^application\/json\b/i.test(contentType) ? JSON.stringify(body) : body);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
