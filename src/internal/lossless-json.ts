/**
 * A number as it was written. JSON sets no bounds on numbers and JavaScript does, so what a file says is kept as text:
 * no digit is lost between a file and what is printed from it.
 *
 * @public
 */
export class JsonNumber {
  /** The digits as they stand in the file, for example `1.0`, `1e3` or `12345678901234567890`. */
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** Whether it was written without a point and an exponent: what Python reads as `int`. */
  get isInteger(): boolean {
    return /^-?\d+$/.test(this.source);
  }
}

/**
 * A JSON value (RFC 8259) with its numbers kept as they were written.
 *
 * @public
 */
export type ExactValue = null | boolean | string | JsonNumber | readonly ExactValue[] | ExactObject;

/**
 * A JSON object. It has no prototype: `constructor` and `__proto__` are ordinary names that are simply absent.
 *
 * @public
 */
export interface ExactObject {
  /** A name that is not in the file is `undefined`, `constructor` and `__proto__` included. */
  readonly [name: string]: ExactValue;
}

/** Where a text stops being JSON. The message never holds a piece of the text, which may be a secret. */
export class JsonSyntaxError extends SyntaxError {
  /** Counted from 1. */
  readonly line: number;
  /** Characters, counted from 1. */
  readonly column: number;

  constructor(problem: string, line: number, column: number) {
    super(`${problem} at line ${line}, column ${column}`);
    this.line = line;
    this.column = column;
  }

  override get name(): string {
    return 'JsonSyntaxError';
  }
}

// Two stack frames a level: far below what a stack holds, far above what a configuration needs.
const deepest = 2000;

/** An object with no prototype, to be filled. */
export function createObject<T = ExactValue>(): Record<string, T> {
  const object: Record<string, T> = Object.create(null);
  return object;
}

/**
 * Reads strict JSON. A byte order mark and CRLF are tolerated, `NaN` and `Infinity` are not; of a key that stands twice
 * the last value counts, as in Python. Nested 2 000 deep at most.
 *
 * @throws JsonSyntaxError with line, column and what was expected there
 */
export function parseJson(source: string | Uint8Array): ExactValue {
  return new Parser(typeof source === 'string' ? source : decode(source)).document();
}

function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const invalid = firstInvalid(text, bytes);
  if (invalid !== undefined) throw syntaxError(text, invalid, 'expected UTF-8');
  return text;
}

/** Decoding turns every bad byte into U+FFFD; one that the bytes do not really hold tells where the first was. */
function firstInvalid(text: string, bytes: Uint8Array): number | undefined {
  let from = 0;
  let byte = 0;
  for (;;) {
    const at = text.indexOf('\uFFFD', from);
    if (at === -1) return undefined;
    byte += Buffer.byteLength(text.slice(from, at));
    if (bytes[byte] !== 0xef || bytes[byte + 1] !== 0xbf || bytes[byte + 2] !== 0xbd) return at;
    byte += 3;
    from = at + 1;
  }
}

function syntaxError(text: string, at: number, problem: string): JsonSyntaxError {
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  let line = 1;
  for (
    let from = text.indexOf('\n');
    from !== -1 && from < at;
    from = text.indexOf('\n', from + 1)
  ) {
    line++;
  }
  let column = 1;
  for (let index = lineStart; index < at; index++) {
    const code = text.charCodeAt(index);
    // The second half of a pair and the byte order mark are no characters of their own.
    if ((code < 0xdc00 || code > 0xdfff) && !(index === 0 && code === 0xfeff)) column++;
  }
  return new JsonSyntaxError(problem, line, column);
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Parser {
  readonly #text: string;
  #at: number;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  document(): ExactValue {
    const value = this.#value();
    this.#peek();
    if (this.#at < this.#text.length) throw this.#expected('the end of the text');
    return value;
  }

  #value(): ExactValue {
    switch (this.#peek()) {
      case quote:
        return this.#string();
      case openBrace:
        return this.#object();
      case openBracket:
        return this.#list();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(): ExactObject {
    const object = createObject();
    this.#open();
    if (this.#peek() !== closeBrace) {
      do {
        if (this.#peek() !== quote) throw this.#expected('a key in double quotes');
        const key = this.#string();
        if (this.#peek() !== colon) throw this.#expected("':'");
        this.#at++;
        object[key] = this.#value();
      } while (this.#another(closeBrace, "',' or '}'"));
    }
    this.#close();
    return object;
  }

  #list(): readonly ExactValue[] {
    const list: ExactValue[] = [];
    this.#open();
    if (this.#peek() !== closeBracket) {
      do list.push(this.#value());
      while (this.#another(closeBracket, "',' or ']'"));
    }
    this.#close();
    return list;
  }

  /** Past a comma: true. Before the closing bracket: false. */
  #another(closing: number, expected: string): boolean {
    const code = this.#peek();
    if (code === closing) return false;
    if (code !== comma) throw this.#expected(expected);
    this.#at++;
    return true;
  }

  #open(): void {
    if (++this.#depth > deepest) throw this.#error(`nested deeper than ${deepest} levels`);
    this.#at++;
  }

  #close(): void {
    this.#depth--;
    this.#at++;
  }

  #number(): JsonNumber {
    numberPattern.lastIndex = this.#at;
    const source = numberPattern.exec(this.#text)?.[0];
    if (source === undefined) throw this.#expected('a value');
    this.#at += source.length;
    return new JsonNumber(source);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#expected('a value');
    this.#at += word.length;
    return value;
  }

  #string(): string {
    let result = '';
    let from = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === quote) {
        const last = this.#text.slice(from, this.#at++);
        return result === '' ? last : result + last;
      }
      if (code === backslash) {
        result += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else if (code >= 0x20) {
        this.#at++;
      } else if (this.#at < this.#text.length) {
        throw this.#error('control character in a string, expected an escape');
      } else {
        throw this.#expected('the closing quote of a string');
      }
    }
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[\da-fA-F]{4}$/.test(digits)) throw this.#error('expected four hexadecimal digits');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character === undefined) throw this.#error('expected an escape that JSON knows');
    this.#at += 2;
    return character;
  }

  /** The character code of what comes next, blanks passed; NaN at the end. */
  #peek(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#at++;
    }
  }

  #expected(what: string): JsonSyntaxError {
    const end = this.#at >= this.#text.length ? 'unexpected end, ' : '';
    return this.#error(`${end}expected ${what}`);
  }

  #error(problem: string): JsonSyntaxError {
    return syntaxError(this.#text, this.#at, problem);
  }
}

/** `Array.isArray`, which by itself does not know read-only arrays. */
export function isList(value: unknown): value is readonly ExactValue[] {
  return Array.isArray(value);
}

/** Whether it has children by name. */
export function isObject(value: ExactValue | undefined): value is ExactObject {
  return (
    typeof value === 'object' && value !== null && !isList(value) && !(value instanceof JsonNumber)
  );
}
