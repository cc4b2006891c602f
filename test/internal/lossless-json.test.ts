import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ExactValue } from '../../src/internal/lossless-json.ts';
import { JsonNumber, parseJson } from '../../src/internal/lossless-json.ts';
import { stringifyJson } from '../../src/internal/stringify-json.ts';

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
  );

const problemOf = (source: string | Uint8Array): string => {
  try {
    parseJson(source);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return 'no error';
};

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('parseJson', () => {
  it.each(['0', '-0', '1.0', '2.50', '1e3', '1E-5', '-0.0e+00', '12345678901234567890', '1e400'])(
    'keeps the number %s as it was written',
    (source) => {
      expect(parseJson(source)).toEqual(new JsonNumber(source));
    },
  );

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, noUnicodeString: false }), (text) => {
        const copy: unknown = JSON.parse(stringifyJson(parseJson(text)));

        expect(copy).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads and refuses exactly what JSON.parse does, whatever is done to a text', () => {
    const damaged = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '\\', ',', '}', '[', '0', '-', '.', 'e', '\n', '\0', 'u12'),
      )
      .map(([text, seed, piece]) => {
        const at = seed % (text.length + 1);
        return text.slice(0, at) + piece + text.slice(at + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let accepted = true;
        try {
          JSON.parse(text);
        } catch {
          accepted = false;
        }

        const said = problemOf(text);
        expect(said === 'no error').toBe(accepted);
        expect(said).toMatch(/^no error$|^JsonSyntaxError: .* at line \d+, column \d+$/);
      }),
      { numRuns: 500 },
    );
  });

  it('tolerates a byte order mark and CRLF', () => {
    const value = parseJson(bytes([0xef, 0xbb, 0xbf], '{\r\n\t"a": 1\r\n}\r\n'));

    expect(value).toEqual({ a: new JsonNumber('1') });
  });

  it('takes a replacement character that really stands there for any other', () => {
    const text = '["\uFFFD", "\uFFFDé\uFFFD"]';

    expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
    expect(problemOf(bytes('["\uFFFD\uFFFD\uFFFD', [0xff]))).toContain('column 6');
  });

  it('lets the last of equal keys win', () => {
    expect(parseJson('{"a": 1, "b": 2, "a": "last"}')).toEqual({
      a: 'last',
      b: new JsonNumber('2'),
    });
  });

  it('takes the names of prototypes as ordinary names', () => {
    const value = parseJson('{"__proto__": {"polluted": true}, "constructor": null}');

    expect(Object.entries(value ?? {})).toEqual([
      ['__proto__', { polluted: true }],
      ['constructor', null],
    ]);
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    ['', 'unexpected end, expected a value at line 1, column 1'],
    [' \n ', 'unexpected end, expected a value at line 2, column 2'],
    ['{', 'unexpected end, expected a key in double quotes at line 1, column 2'],
    ['{"a":1,}', 'expected a key in double quotes at line 1, column 8'],
    ['{"a" 1}', "expected ':' at line 1, column 6"],
    ['{"a": 1 "b": 2}', "expected ',' or '}' at line 1, column 9"],
    ['{\r\n  "a": tru\r\n}', 'expected a value at line 2, column 8'],
    ['[1 2]', "expected ',' or ']' at line 1, column 4"],
    ['[01]', "expected ',' or ']' at line 1, column 3"],
    ['[1.]', "expected ',' or ']' at line 1, column 3"],
    ['["a', 'unexpected end, expected the closing quote of a string at line 1, column 4'],
    ['["a\nb"]', 'control character in a string, expected an escape at line 1, column 4'],
    ['["\\x41"]', 'expected an escape that JSON knows at line 1, column 3'],
    ['["\\u12G4"]', 'expected four hexadecimal digits at line 1, column 3'],
    ['{} x', 'expected the end of the text at line 1, column 4'],
    ['{"é😀": x}', 'expected a value at line 1, column 8'],
    ['\uFEFF{x', 'expected a key in double quotes at line 1, column 2'],
    ['NaN', 'expected a value at line 1, column 1'],
    ['[-Infinity]', 'expected a value at line 1, column 2'],
    ["{'a': 1}", 'expected a key in double quotes at line 1, column 2'],
  ])('says where %j stops being JSON, and what was expected', (text, problem) => {
    expect(problemOf(text)).toBe(`JsonSyntaxError: ${problem}`);
  });

  it.each([
    [bytes('{"a":\n "\uFFFD', [0xff], '"}'), 'line 2, column 4'],
    [bytes('["', [0xc3]), 'line 1, column 3'],
    [bytes('["', [0xef, 0xbf], '"]'), 'line 1, column 3'],
    [bytes([0xff, 0xfe], '{'), 'line 1, column 1'],
    [bytes('["', [0xed, 0xa0, 0x80], '"]'), 'line 1, column 3'],
  ])('says where the bytes stop being UTF-8', (source, place) => {
    expect(problemOf(source)).toBe(`JsonSyntaxError: expected UTF-8 at ${place}`);
  });

  it('never tells a piece of the text', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Z]{12}$/),
        fc.constantFrom('', '"', '"}', '"]}}', '\\q"}', '\n"}'),
        (secret, end) => {
          expect(problemOf(`{"password": [ "${secret}${end}`)).not.toContain(secret);
        },
      ),
    );
  });

  it('reads a thousand levels, and refuses what would overflow the stack', () => {
    expect(stringifyJson(parseJson(nested(1000)))).toBe(nested(1000));
    expect(problemOf(nested(100_000))).toBe(
      'JsonSyntaxError: nested deeper than 2000 levels at line 1, column 2001',
    );
    expect(problemOf('{"a":'.repeat(100_000))).toContain('nested deeper than 2000 levels');
  });
});

describe('stringifyJson', () => {
  it('writes one line as Python does, names sorted', () => {
    const value = parseJson('{"b":[1.0,{"__proto__":null}],"a":{},"c":[],"d":"é\\ud800\\n"}');

    expect(stringifyJson(value)).toBe(
      '{"a": {}, "b": [1.0, {"__proto__": null}], "c": [], "d": "\\u00e9\\ud800\\n"}',
    );
  });

  it('writes one thing a line when it is given an indent', () => {
    const value: ExactValue = { a: [new JsonNumber('1'), []], b: { c: true } };

    expect(stringifyJson(value, 2)).toBe(
      '{\n  "a": [\n    1,\n    []\n  ],\n  "b": {\n    "c": true\n  }\n}',
    );
  });
});
