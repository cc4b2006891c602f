import type { IncomingHttpHeaders } from 'node:http';

import type { LockerEntry } from '../locker.js';

/** The head of a web server's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Why a connection failed, in words. A library's own message may hold the whole url; the code it gives does not. */
export function connectionReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === '' ? 'the connection broke' : (reasons[code] ?? code);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  ETIMEDOUT: 'it did not answer in time',
  ERR_READING_RESPONSE_STREAM: 'the connection broke',
};

/** The headers that ask for the rest of a blob, if it is still the same. */
export function rangeOf(ask: {
  readonly offset: number;
  readonly etag?: string | undefined;
}): Record<string, string> {
  if (ask.offset === 0) return {};
  return {
    range: `bytes=${ask.offset}-`,
    ...(ask.etag === undefined ? {} : { 'if-range': ask.etag }),
  };
}

/** Milliseconds of a Retry-After header, 0 without one. RFC 9110, 10.2.3: whole seconds. The other form, a date, would trust two clocks to agree; it counts as not given. */
export function retryAfter(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0;
}

/** Where in the blob an answer's body begins. */
export function beginsAt(answer: AnswerHead): number {
  if (answer.status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
  // A part of unknown place is of no use: nothing is ever asked for from there.
  return start === undefined ? Infinity : Number(start);
}

/** What the head says about the blob. Where there is no etag, the time of the last change tells contents apart. */
export function entryOf(path: string, { headers, status }: AnswerHead): LockerEntry {
  const whole =
    status === 206 ? headers['content-range']?.split('/')[1] : headers['content-length'];
  const etag = headers.etag ?? headers['last-modified'];
  const md5 = headers['content-md5'];
  return {
    path,
    ...(whole !== undefined && /^\d+$/.test(whole) ? { size: Number(whole) } : {}),
    ...(etag === undefined ? {} : { etag }),
    ...(typeof md5 === 'string' ? { md5: Buffer.from(md5, 'base64').toString('hex') } : {}),
  };
}
