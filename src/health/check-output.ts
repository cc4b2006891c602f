import { membersOf } from '../internal/state-file.js';

/** How much of a check's output is kept while it runs. */
const kept = 64 * 1024;
/** How much of it goes with the verdict. */
const shown = 4 * 1024;
const longestMessage = 500;
const mostMetrics = 100;

/** What a check said beside its exit code. */
export interface Statement {
  readonly message?: string;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** The end of an output of any length, in fixed memory. */
export class Tail {
  readonly #limit: number;
  /** Twice the limit, so that what is kept moves only once in a limit's bytes. */
  #buffer: Uint8Array;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#buffer = new Uint8Array(0);
  }

  add(chunk: Uint8Array): void {
    const end = chunk.subarray(Math.max(0, chunk.length - this.#limit));
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(2 * this.#limit);
    if (this.#length + end.length > this.#buffer.length) {
      const keep = Math.min(this.#length, this.#limit);
      this.#buffer.copyWithin(0, this.#length - keep, this.#length);
      this.#length = keep;
    }
    this.#buffer.set(end, this.#length);
    this.#length += end.length;
  }

  /** The last so many bytes as text, beginning at a whole character; what is not UTF-8 becomes U+FFFD. */
  text(limit = this.#limit): string {
    let start = Math.max(0, this.#length - Math.min(limit, this.#limit));
    // The rest of a character that was cut: at most three bytes of the form 10xxxxxx.
    const firstWhole = start === 0 ? 0 : start + 3;
    while (start < firstWhole && isContinuation(this.#buffer[start])) start++;
    return Buffer.from(this.#buffer.buffer, start, this.#length - start).toString('utf8');
  }
}

/** Takes all that a check prints. */
export class CheckOutput {
  readonly #all = new Tail(kept);
  readonly #stdout = new Tail(kept);

  add(chunk: Uint8Array, stream: 'stdout' | 'stderr'): void {
    this.#all.add(chunk);
    if (stream === 'stdout') this.#stdout.add(chunk);
  }

  /** The end of stdout and stderr together, as it goes with the verdict. */
  get tail(): string {
    return this.#all.text(shown);
  }

  /** The JSON object on the last line of stdout, else that line, or else the last line of stderr, as the message. */
  get statement(): Statement {
    const line = lastLine(this.#stdout.text());
    const stated = line.startsWith('{') ? readStatement(line) : undefined;
    if (stated?.message !== undefined) return stated;
    const words = stated === undefined ? line || lastLine(this.#all.text()) : '';
    return { ...stated, ...(words === '' ? {} : { message: words.slice(0, longestMessage) }) };
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function lastLine(text: string): string {
  return text.trimEnd().split(/\r?\n/).at(-1)?.trim() ?? '';
}

/** `message` and `metrics` of a JSON object; `undefined` when the line is none. Other members are the check's own. */
function readStatement(line: string): Statement | undefined {
  let members: ReadonlyMap<string, unknown>;
  try {
    members = membersOf(JSON.parse(line));
  } catch {
    return undefined; // a line that only begins like one
  }
  const message = members.get('message');
  const metrics = [...membersOf(members.get('metrics'))].filter(isMetric).slice(0, mostMetrics);
  return {
    ...(typeof message === 'string' && message !== ''
      ? { message: message.slice(0, longestMessage) }
      : {}),
    ...(metrics.length === 0 ? {} : { metrics: Object.fromEntries(metrics) }),
  };
}

function isMetric(entry: [string, unknown]): entry is [string, number] {
  return typeof entry[1] === 'number' && Number.isFinite(entry[1]);
}
