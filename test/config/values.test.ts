import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { merge, toExact, toPlain } from '../../src/config/values.ts';
import type { ExactObject } from '../../src/internal/lossless-json.ts';
import { JsonNumber, createObject, isObject, parseJson } from '../../src/internal/lossless-json.ts';

const object = (text: string): ExactObject => {
  const value = parseJson(text);
  return isObject(value) ? value : createObject();
};

const anyObject = fc
  .dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue({ maxDepth: 3 }))
  .map((value) => object(JSON.stringify(value)));

const isShort = (value: unknown): boolean => !/\d{16}/.test(JSON.stringify(value));

describe('merge', () => {
  it('merges objects, and takes the first of everything else', () => {
    const first = object(
      '{"a": {"x": 1, "deep": {"p": 1}}, "list": [1], "leaf": "first", "none": null}',
    );
    const second = object(
      '{"a": {"x": 2, "y": 3, "deep": {"q": 2}}, "list": [2, 3], "leaf": {"z": 1}, "none": {}, "new": 1}',
    );

    expect(merge(first, second)).toEqual(
      object(
        '{"a": {"x": 1, "y": 3, "deep": {"p": 1, "q": 2}}, "list": [1], "leaf": "first", "none": null, "new": 1}',
      ),
    );
  });

  it('keeps all that the first says, adds what only the second says, and adds nothing twice', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (a, b) => {
        const merged = merge(a, b);

        expect(merge(a, merged)).toEqual(merged);
        expect(merge(merged, a)).toEqual(merged);
        expect(Object.keys(merged).toSorted()).toEqual(
          [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted(),
        );
        const leaves = Object.entries(a).filter(([, value]) => !isObject(value));
        expect(leaves.map(([name]) => [name, merged[name]])).toEqual(leaves);
        expect(merge(a, createObject())).toEqual(a);
        expect(merge(createObject(), a)).toEqual(a);
      }),
    );
  });

  it('leaves both as they were', () => {
    const [first, second] = [object('{"a": {"x": 1}}'), object('{"a": {"y": 1}}')];

    merge(first, second);

    expect([first, second]).toEqual([object('{"a": {"x": 1}}'), object('{"a": {"y": 1}}')]);
  });
});

describe('toPlain', () => {
  it.each([
    ['1', 1],
    ['-0', -0],
    ['1.0', 1],
    ['2.5e1', 25],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-12345678901234567890', -12345678901234567890n],
    ['1e400', Number.POSITIVE_INFINITY],
  ])('gives %s as the number it is', (source, expected) => {
    expect(toPlain(new JsonNumber(source))).toBe(expected);
  });

  it('gives what JSON.parse gives, wherever that is exact', () => {
    fc.assert(
      fc.property(fc.jsonValue().filter(isShort), (value) => {
        const text = JSON.stringify(value);

        expect(toPlain(parseJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('toExact', () => {
  it('is undone by toPlain', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const plain = toPlain(parseJson(JSON.stringify(value)));

        expect(toPlain(toExact(plain))).toEqual(plain);
      }),
    );
  });
});
