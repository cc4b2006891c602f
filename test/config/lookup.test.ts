import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { find, topKeys } from '../../src/config/lookup.ts';
import type { ExactObject } from '../../src/internal/lossless-json.ts';
import { createObject, isObject, parseJson } from '../../src/internal/lossless-json.ts';

const tree = (text: string): ExactObject => {
  const value = parseJson(text);
  return isObject(value) ? value : createObject();
};

describe('find', () => {
  it.each([
    ['{"a": {"b": "x"}}', 'a.b', 'x'],
    ['{"a": [{"b": "x"}, ["y"]]}', 'a.0.b', 'x'],
    ['{"a": [{"b": "x"}, ["y"]]}', 'a.1.0', 'y'],
    [
      '{"network": {"interfaces": {"eth0.100": {"mtu": "x"}}}}',
      'network.interfaces.eth0.100.mtu',
      'x',
    ],
    [
      '{"filesystem": {"by_mountpoint": {"/mnt/x.y": "x"}}}',
      'filesystem.by_mountpoint./mnt/x.y',
      'x',
    ],
    ['{"a.b.c": "x"}', 'a.b.c', 'x'],
    ['{"": {"": "x"}}', '.', 'x'],
    ['{"a": {"": "x"}}', 'a.', 'x'],
    ['{"__proto__": {"constructor": "x"}}', '__proto__.constructor', 'x'],
    ['{"a": {"0": "x"}}', 'a.0', 'x'],
    ['{"a": null}', 'a', null],
  ])('finds in %s the key %s', (text, key, expected) => {
    expect(find(tree(text), key)).toBe(expected);
  });

  it.each([
    ['{"a": {"b": "x"}}', 'a.c'],
    ['{"a": "text"}', 'a.length'],
    ['{"a": "text"}', 'a.0'],
    ['{"a": ["x"]}', 'a.1'],
    ['{"a": ["x"]}', 'a.00'],
    ['{"a": ["x"]}', 'a.-1'],
    ['{"a": ["x"]}', 'a.length'],
    ['{"a": 1}', 'a.source'],
    ['{"a": {}}', 'a.constructor'],
    ['{}', '__proto__'],
    ['{}', 'toString'],
    ['{}', ''],
  ])('finds in %s no key %s', (text, key) => {
    expect(find(tree(text), key)).toBeUndefined();
  });

  it('joins as few segments as it can', () => {
    const both = tree('{"a.b": {"c.d": "three"}, "a": {"b.c": {"d": "two"}}, "a.b.c.d": "four"}');

    expect(find(both, 'a.b.c.d')).toBe('two');
  });

  it('goes deeper first where two ways join equally many', () => {
    expect(find(tree('{"a.b": {"c": "wide"}, "a": {"b.c": "deep"}}'), 'a.b.c')).toBe('deep');
  });

  it('finds every path of every tree, when no shorter way is there', () => {
    const name = fc.stringMatching(/^[a-z/]{1,4}(\.[a-z]{1,2})?$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (names) => {
        const root = createObject();
        let place = root;
        for (const step of names.slice(0, -1)) {
          const next = createObject();
          place[step] = next;
          place = next;
        }
        place[names.at(-1) ?? ''] = 'found';

        expect(find(root, names.join('.'))).toBe('found');
      }),
    );
  });

  it('counts joins over the whole way', () => {
    const both = tree('{"a": {"b.c.d.e": "three"}, "a.b": {"c": {"d": {"e": "one"}}}}');

    expect(find(both, 'a.b.c.d.e')).toBe('one');
  });

  it('answers at once where a key could be joined in countless ways', () => {
    const depth = 90; // the ways to write 90 as a sum of ones and twos: more than 10^18
    let place: ExactObject = createObject();
    for (let level = 0; level < depth; level++) {
      place = Object.assign(createObject(), { a: place, 'a.a': place });
    }

    expect(find(place, `${'a.'.repeat(depth)}b`)).toBeUndefined();
  });
});

describe('topKeys', () => {
  it('knows every name that a key may begin with', () => {
    expect(topKeys('a.b.c')).toEqual(['a', 'a.b', 'a.b.c']);
  });
});
