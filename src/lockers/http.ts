import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { JetpackError, TemporaryError } from '../errors.js';
import { abortedError, throwIfAborted } from '../internal/abort.js';
import { contentOf } from '../internal/content-stream.js';
import { debugLog } from '../internal/debug-log.js';
import { parseManifest } from '../internal/manifest.js';
import { redactUrl } from '../internal/redact.js';
import type { Verdict } from '../internal/retry.js';
import { retry } from '../internal/retry.js';
import { unsafePathReason } from '../internal/safe-path.js';
import type { Locker, LockerBlob, LockerEntry, LockerOpenOptions } from '../locker.js';
import { namesInHtmlIndex } from './html-index.js';
import type { AnswerHead } from './http-answer.js';
import { beginsAt, connectionReason, entryOf, rangeOf, retryAfter } from './http-answer.js';

/** Options of {@link HttpLocker}. */
export interface HttpLockerOptions {
  /** The root of the locker's tree. Its query, if it has one, goes with every request. */
  readonly url: string;
  /** @defaultValue the machine's own */
  readonly clock?: Pick<Clock, 'sleep'>;
  /** @defaultValue `Math.random` */
  readonly random?: () => number;
  /** Tries of one request, and of one blob's content, before the locker counts as unreachable. @defaultValue 6 */
  readonly attempts?: number;
  /** Milliseconds without a byte after which a connection counts as broken. @defaultValue 30 000 */
  readonly idleTimeout?: number;
}

interface Answer extends AnswerHead {
  readonly body: Readable;
}

interface Ask {
  readonly path: string;
  readonly offset: number;
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A listing and a manifest are read into memory; a file that claims to be one and is larger is none. */
const maxTextBytes = 32 * 1024 * 1024;
const maxIndexDepth = 32;

/** An answer or a broken connection that a later attempt may not see again. */
class Passing extends TemporaryError {
  readonly asked: number;

  constructor(message: string, cause: unknown, asked = 0) {
    super('ERR_JETPACK_UNREACHABLE', message, {
      cause,
      hint: 'check the network, the locker url and its token, then try again',
    });
    this.asked = asked;
  }
}

/**
 * Any web server that serves the locker's tree. What it holds is learned from the `files` of a version's
 * `manifest.json`, and where there are none from the HTML pages that servers make of folders. What breaks is tried
 * again with back-off; a blob that broke off goes on where it broke, if its etag is still the same.
 */
export class HttpLocker implements Locker {
  readonly target: string;
  readonly #url: URL;
  readonly #options: Required<Omit<HttpLockerOptions, 'url'>>;
  readonly #closing = new AbortController();

  constructor(options: HttpLockerOptions) {
    const {
      url,
      clock = systemClock,
      random = Math.random,
      attempts = 6,
      idleTimeout = 30_000,
    } = options;
    this.#url = new URL(url);
    this.target = redactUrl(url);
    this.#options = { clock, random, attempts, idleTimeout };
  }

  async *list(
    prefix: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncIterable<LockerEntry> {
    const version = /^((?:cache\/)?projects\/[^/]+\/[^/]+)(?:\/|$)/.exec(prefix)?.[1];
    const listed = version === undefined ? undefined : await this.#manifest(version, options);
    if (listed === undefined) yield* this.#index(prefix, options, 0);
    else for (const entry of listed) if (entry.path.startsWith(`${prefix}/`)) yield entry;
  }

  async open(path: string, options: LockerOpenOptions = {}): Promise<LockerBlob | undefined> {
    const ask = { path, offset: options.offset ?? 0, signal: options.signal };
    const answer = await this.#retrying(options.signal, () => this.#ask(ask));
    if (answer === undefined) return undefined;
    const entry = entryOf(path, answer);
    const offset = beginsAt(answer);
    const content = this.#content(answer, { ...ask, offset, etag: entry.etag });
    const release = (): void => {
      answer.body.destroy();
    };
    return { ...entry, offset, content: contentOf(content, release) };
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // The body, and after a break the rest of it from a new request.
  async *#content(first: Answer, ask: Ask): AsyncGenerator<Uint8Array> {
    let answer = first;
    let position = ask.offset;
    let failures = 0;
    for (;;) {
      let known = position - beginsAt(answer);
      try {
        for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
          const fresh = chunk.subarray(Math.min(known, chunk.length));
          known -= chunk.length - fresh.length;
          position += fresh.length;
          if (fresh.length > 0) failures = 0;
          yield fresh;
        }
        return;
      } catch (error) {
        const failure = this.#failure(error, ask);
        failures += 1;
        if (!(failure instanceof Passing) || failures >= this.#options.attempts) throw failure;
      } finally {
        answer.body.destroy();
      }
      answer = await this.#retrying(ask.signal, () => this.#resume({ ...ask, offset: position }));
    }
  }

  async #resume(ask: Ask): Promise<Answer> {
    const answer = await this.#ask(ask);
    // A server that does not know Range begins again, which is as good when it is the same content.
    const isSame = answer !== undefined && entryOf(ask.path, answer).etag === ask.etag;
    if (isSame && ask.etag !== undefined && beginsAt(answer) <= ask.offset) return answer;
    answer?.body.destroy();
    const why = 'it changed while it was read';
    throw new TemporaryError(
      'ERR_JETPACK_UNREACHABLE',
      `cannot read ${ask.path} from ${this.target}: ${why}`,
      { hint: 'try again' },
    );
  }

  /** One request. `undefined` when there is no such blob. */
  async #ask(ask: Ask): Promise<Answer | undefined> {
    const answer = await this.#request(ask);
    const { status } = answer;
    if (status === 200 || status === 206) return answer;
    answer.body.resume().on('error', () => undefined); // its words do not matter, the connection is used again
    if (status === 404 || status === 410) return undefined;
    throw this.#refusal(answer, ask.path);
  }

  #refusal(answer: Answer, path: string): JetpackError {
    const { status, headers } = answer;
    const message = `cannot read ${path} from ${this.target}: the server answered ${status}`;
    if (status === 401 || status === 403) {
      return new JetpackError('ERR_JETPACK_PERMISSION', message, {
        hint: 'the token in locker.url may have expired or may not cover this path',
      });
    }
    if (status === 408 || status === 429 || status >= 500) {
      return new Passing(message, undefined, retryAfter(headers['retry-after']));
    }
    return new JetpackError('ERR_JETPACK_UNREACHABLE', message);
  }

  async #request(ask: Ask): Promise<Answer> {
    const { got } = await import('got');
    debugLog('http')('%s from %d', ask.path, ask.offset);
    const { idleTimeout } = this.#options;
    const stream = got.stream(this.#urlOf(ask.path), {
      retry: { limit: 0 },
      throwHttpErrors: false,
      decompress: false,
      timeout: { connect: idleTimeout, secureConnect: idleTimeout, socket: idleTimeout },
      headers: { 'user-agent': 'jetpack', 'accept-encoding': 'identity', ...rangeOf(ask) },
      signal: AbortSignal.any([this.#closing.signal, ...(ask.signal ? [ask.signal] : [])]),
    });
    return new Promise((resolve, reject) => {
      stream.once('error', (error) => {
        reject(this.#failure(error, ask));
      });
      stream.once('response', (response: IncomingMessage) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: stream });
      });
    });
  }

  #failure(error: unknown, ask: Ask): JetpackError {
    if (error instanceof JetpackError) return error;
    const { signal } = this.#closing;
    if (ask.signal?.aborted === true) return abortedError(`reading ${ask.path}`, ask.signal);
    if (signal.aborted) return abortedError(`reading ${ask.path}`);
    const why = connectionReason(error);
    return new Passing(`cannot read ${ask.path} from ${this.target}: ${why}`, error);
  }

  async #retrying<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const { clock, random, attempts } = this.#options;
    throwIfAborted('reading from the locker', signal);
    try {
      return await retry(work, judge, { attempts, clock, random, signal });
    } catch (error) {
      throw error instanceof JetpackError ? error : abortedError('reading from the locker', signal);
    }
  }

  #urlOf(path: string): URL {
    const unsafe = path === '' ? undefined : unsafePathReason(path);
    if (unsafe !== undefined) {
      throw new JetpackError('ERR_JETPACK_USAGE', `cannot read the blob ${path}: ${unsafe}`);
    }
    const url = new URL(this.#url);
    const encoded = path.split('/').map((segment) => encodeURIComponent(segment));
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encoded.join('/')}`;
    return url;
  }

  /** The version's listing by its manifest; `undefined` when there is no manifest, or none that lists files. */
  async #manifest(
    version: string,
    options: { readonly signal?: AbortSignal },
  ): Promise<LockerEntry[] | undefined> {
    const path = `${version}/manifest.json`;
    const text = await this.#text(path, options);
    if (text === undefined) return undefined;
    const { files } = parseManifest(text.text, `${path} of ${this.target}`);
    return files?.map((file) => Object.assign({}, file, { path: `${version}/${file.path}` }));
  }

  async *#index(
    folder: string,
    options: { readonly signal?: AbortSignal },
    depth: number,
  ): AsyncIterable<LockerEntry> {
    const page = await this.#text(folder === '' ? '' : `${folder}/`, options);
    if (page === undefined || !page.type.startsWith('text/html') || depth > maxIndexDepth) return;
    for (const name of namesInHtmlIndex(page.text, `${this.#urlOf(folder).href.split('?')[0]}/`)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (name.endsWith('/')) yield* this.#index(path.slice(0, -1), options, depth + 1);
      else yield { path };
    }
  }

  async #text(
    path: string,
    options: { readonly signal?: AbortSignal },
  ): Promise<{ text: string; type: string } | undefined> {
    const answer = await this.#retrying(options.signal, () =>
      this.#ask({ path, offset: 0, ...options }),
    );
    if (answer === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.#content(answer, { path, offset: 0, ...options })) {
      size += chunk.length;
      if (size > maxTextBytes) {
        const why = `it is larger than ${maxTextBytes} bytes`;
        throw new JetpackError('ERR_JETPACK_DAMAGED', `cannot read the listing ${path}: ${why}`);
      }
      chunks.push(chunk);
    }
    const type = answer.headers['content-type'] ?? '';
    return { text: Buffer.concat(chunks).toString('utf8'), type };
  }
}

function judge(error: unknown): Verdict {
  return error instanceof Passing ? { again: true, asked: error.asked } : { again: false };
}
