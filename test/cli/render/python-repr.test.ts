import { execFileSync } from 'node:child_process';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { pythonRepr, pythonText } from '../../../src/cli/render/python-repr.ts';
import { JsonNumber } from '../../../src/index.ts';
import type { ExactValue } from '../../../src/index.ts';
import { parseJson } from '../../../src/internal/lossless-json.ts';

/**
 * What Python 3 itself makes of a list of JSON texts: one process for all of them. Empty where a text holds a character
 * that this Python's version of Unicode does not know yet.
 */
function python(texts: readonly string[]): string[] {
  const program = [
    'import json, sys, unicodedata',
    'def known(text): return all(unicodedata.category(c) != "Cn" for c in text)',
    'values = [json.loads(text) for text in json.load(sys.stdin)]',
    'json.dump([repr(v) if known(json.dumps(v, ensure_ascii=False)) else "" for v in values], sys.stdout)',
  ].join('\n');
  const output = execFileSync('python3', ['-c', program], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const answers: string[] = JSON.parse(output);
  return answers;
}

const ours = (text: string): string => pythonRepr(parseJson(text));

const isAssigned = (text: string): boolean => !/\p{Cn}/u.test(text);

describe('pythonRepr', () => {
  it.each([
    ['null', 'None'],
    ['true', 'True'],
    ['false', 'False'],
    ['12345678901234567890', '12345678901234567890'],
    ['-0', '0'],
    ['-0.0', '-0.0'],
    ['1.0', '1.0'],
    ['2.50', '2.5'],
    ['1e3', '1000.0'],
    ['1e16', '1e+16'],
    ['1E-5', '1e-05'],
    ['0.0001', '0.0001'],
    ['9999999999999998.0', '9999999999999998.0'],
    ['1.5e300', '1.5e+300'],
    ['1e400', 'inf'],
    ['-1e400', '-inf'],
    ['5e-324', '5e-324'],
    ['[0, 1, 2]', '[0, 1, 2]'],
    ['["a", "it\'s", true, null]', "['a', \"it's\", True, None]"],
    ['["\'\\""]', "['\\'\"']"],
    ['["\\n\\r\\t\\\\\\u0000\\u007f\\u00a0"]', "['\\n\\r\\t\\\\\\x00\\x7f\\xa0']"],
    ['["\\u200b\\udb40\\udc01\\ud800é😀"]', "['\\u200b\\U000e0001\\ud800é😀']"],
    ['[[], {}, [{"a": 1}]]', "[[], {}, [{'a': 1}]]"],
  ])('writes %s as Python does', (text, expected) => {
    expect(ours(text)).toBe(expected);
    expect(python([text])).toEqual([expected]);
  });

  it('writes numbers as Python does', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
    const doubles = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => JSON.stringify(value));
    const texts = fc.sample(fc.oneof(digits, doubles), 2000);

    expect(texts.map(ours)).toEqual(python(texts));
  });

  it('writes strings as Python does', () => {
    const characters = fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '\n',
        '\u0085',
        '\u00ad',
        '\u2028',
        '\u3000',
        '\uFEFF',
        '\ud83d',
        '\udc00',
        '\ue000',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.string({ maxLength: 5 }),
    );
    const strings = fc.array(characters, { maxLength: 6 }).map((parts) => parts.join(''));
    const texts = fc.sample(strings.filter(isAssigned), 3000).map((text) => JSON.stringify([text]));

    const expected = python(texts);
    expect(texts.map((text, index) => (expected[index] === '' ? '' : ours(text)))).toEqual(
      expected,
    );
    expect(expected.filter((text) => text !== '').length).toBeGreaterThan(2000);
  });

  it('writes nested values as Python does', () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false, 0, 1.5, 'x', "it's"),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z '"]{1,3}$/), tie('value'), { maxKeys: 3 }),
      ),
    }));
    const texts = fc.sample(value, 500).map((sample) => JSON.stringify(sample));

    expect(texts.map(ours)).toEqual(python(texts));
  });
});

describe('pythonText', () => {
  it('writes a string as it is, and all else as its repr', () => {
    const values: ExactValue[] = ["it's\n ", ['x'], new JsonNumber('1e3'), null];

    expect(values.map(pythonText)).toEqual(["it's\n ", "['x']", '1000.0', 'None']);
  });
});
