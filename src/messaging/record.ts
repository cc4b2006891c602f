import { crc32 } from 'node:zlib';

import type { JsonObject } from '../internal/json.js';
import { isJsonObject } from '../internal/json.js';
import type { Message, Priority } from '../transport.js';
import type { Counts } from './batch-name.js';

/** A message as it lies in the outbox. */
export interface StoredMessage {
  readonly message: Message;
  /** How often it has been tried. */
  readonly attempts: number;
  /** Why it was set aside. */
  readonly reason?: string;
}

/** The content of a batch file, ready to be written. */
export interface EncodedBatch {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  readonly counts: Counts;
}

/** What a batch file holds. `damage` says why the rest could not be read. */
export interface DecodedBatch {
  readonly messages: readonly StoredMessage[];
  readonly damage?: string;
}

// A record is a line of JSON, the bytes of the body, and a newline. The line begins with a checksum of fixed length, over
// everything that follows it, so that it is taken over the very bytes and not over a JSON written a second time.
const version = 1;
const head = Buffer.from('{"checksum":"');
const afterSum = head.length + 8;
const restOffset = afterSum + 2; // `",`
const newline = Buffer.from('\n');

/** Larger pieces are written as they are, smaller ones together: one system call for a batch of small messages. */
const copyLimit = 64 * 1024;

/** How many bytes a message takes in the outbox beside its body and its texts, roughly: enough for the bounds. */
export const recordOverhead = 300;

/** Encodes messages as the content of one file. */
export function encodeBatch(stored: readonly StoredMessage[]): EncodedBatch {
  const counts = { low: 0, medium: 0, high: 0 };
  const pieces: Uint8Array[] = [];
  for (const one of stored) {
    counts[one.message.priority]++;
    pieces.push(encodeHeader(one), one.message.body, newline);
  }
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { chunks: merge(pieces), bytes, counts };
}

function encodeHeader({ message, attempts, reason }: StoredMessage): Uint8Array {
  const { body, ...fields } = message;
  const line = JSON.stringify({ version, length: body.length, attempts, reason, ...fields });
  const rest = Buffer.from(`${line.slice(1)}\n`);
  const sum = crc32(body, crc32(rest)).toString(16).padStart(8, '0');
  return Buffer.concat([head, Buffer.from(`${sum}",`), rest]);
}

function merge(pieces: readonly Uint8Array[]): Uint8Array[] {
  const merged: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const flush = (): void => {
    if (small.length > 0) merged.push(Buffer.concat(small));
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length <= copyLimit) {
      small.push(piece);
      continue;
    }
    flush();
    merged.push(piece);
  }
  flush();
  return merged;
}

/**
 * Reads the content of one file. A record that is damaged in itself is left out and the next one is read; where nobody
 * can tell any more where the next one begins, reading ends.
 */
export function decodeBatch(content: Uint8Array): DecodedBatch {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const messages: StoredMessage[] = [];
  let damage: string | undefined;
  let offset = 0;
  while (offset < bytes.length) {
    const record = readRecord(bytes, offset);
    if (record.stored !== undefined) messages.push(record.stored);
    else damage ??= `${record.damage} at byte ${offset}`;
    if (record.end === undefined) break;
    offset = record.end;
  }
  return damage === undefined ? { messages } : { messages, damage };
}

type ReadRecord =
  | { readonly stored: StoredMessage; readonly end: number; readonly damage?: undefined }
  | { readonly stored?: undefined; readonly end: number | undefined; readonly damage: string };

function readRecord(bytes: Buffer, start: number): ReadRecord {
  const lineEnd = bytes.indexOf(0x0a, start);
  if (lineEnd < 0) return { end: undefined, damage: 'a record that is cut off' };
  const header = parseHeader(bytes.subarray(start, lineEnd));
  const length = header?.['length'];
  if (header === undefined || typeof length !== 'number' || !Number.isSafeInteger(length)) {
    return { end: undefined, damage: 'no record' };
  }
  const bodyEnd = lineEnd + 1 + length;
  if (length < 0 || bytes[bodyEnd] !== 0x0a) {
    return { end: undefined, damage: 'a record that is cut off' };
  }
  const body = bytes.subarray(lineEnd + 1, bodyEnd);
  const sum = crc32(body, crc32(bytes.subarray(start + restOffset, lineEnd + 1)));
  const expected = bytes.toString('latin1', start + head.length, start + afterSum);
  if (sum.toString(16).padStart(8, '0') !== expected) {
    return { end: bodyEnd + 1, damage: 'a record with a wrong checksum' };
  }
  const stored = toStored(header, body);
  if (stored === undefined) {
    return { end: bodyEnd + 1, damage: 'a record of another version' };
  }
  return { stored, end: bodyEnd + 1 };
}

function parseHeader(line: Buffer): JsonObject | undefined {
  if (!line.subarray(0, head.length).equals(head)) return undefined;
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: no record
  }
}

function toStored(header: JsonObject, body: Uint8Array): StoredMessage | undefined {
  if (header['version'] !== version || !isMessageHeader(header)) return undefined;
  const { messageId, timestamp, exchange, routingKey, type, contentType, headers } = header;
  const { priority, attempts, reason } = header;
  return {
    message: {
      messageId,
      timestamp,
      exchange,
      routingKey,
      type,
      contentType,
      headers,
      priority,
      body,
    },
    attempts: typeof attempts === 'number' ? attempts : 0,
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

const textFields = ['messageId', 'exchange', 'routingKey', 'type', 'contentType'] as const;

function isMessageHeader(header: JsonObject): header is JsonObject & Omit<Message, 'body'> {
  return (
    textFields.every((field) => typeof header[field] === 'string') &&
    typeof header['timestamp'] === 'number' &&
    isPriority(header['priority']) &&
    isHeaders(header['headers'])
  );
}

function isPriority(value: unknown): value is Priority {
  return value === 'low' || value === 'medium' || value === 'high';
}

function isHeaders(value: unknown): value is Message['headers'] {
  const allowed = new Set(['string', 'number', 'boolean']);
  return isJsonObject(value) && Object.values(value).every((one) => allowed.has(typeof one));
}
