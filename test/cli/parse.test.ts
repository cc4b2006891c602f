import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { CliCommand } from '../../src/cli/command.ts';
import { parseCall } from '../../src/cli/parse.ts';

const command: CliCommand = {
  summary: 'do something',
  usage: ['act WORD… [--level LEVEL]'],
  options: {
    level: { type: 'string', short: 'l', value: 'LEVEL', help: 'how much' },
    header: { type: 'string', value: 'K=V', multiple: true, help: 'more' },
    json: { type: 'boolean', help: 'as JSON' },
  },
  positionals: [1, 3],
  examples: [],
  run: async () => 0,
};

const parse = (...words: string[]) => parseCall('act', command, words);

describe('parseCall', () => {
  it.each([
    [['a', '--level', 'x', 'b'], ['a', 'b'], { level: 'x' }],
    [['--level=x', 'a'], ['a'], { level: 'x' }],
    [['-l', 'x', 'a'], ['a'], { level: 'x' }],
    [['-lx', 'a', '--json'], ['a'], { level: 'x', json: true }],
    [['a', '--header', 'k=v', '--header', 'l=w'], ['a'], { header: ['k=v', 'l=w'] }],
    [['a', '--level=x=y'], ['a'], { level: 'x=y' }],
    [['a', '--level', ''], ['a'], { level: '' }],
    [['', 'a'], ['', 'a'], {}],
  ])('takes options before and after positionals: %j', (words, positionals, options) => {
    expect(parse(...words)).toEqual({ positionals, options });
  });

  it.each([['-1'], ['-.5'], ['-1e3'], ['-'], ['- a list item'], ['--- begin ---']])(
    'takes %j as a word',
    (word) => {
      expect(parse('key', word)).toEqual({ positionals: ['key', word], options: {} });
    },
  );

  it('takes a negative number as the value of an option', () => {
    expect(parse('a', '--level', '-5').options).toEqual({ level: '-5' });
  });

  it('takes everything after -- as words', () => {
    expect(parse('--', '--json', '-l').positionals).toEqual(['--json', '-l']);
  });

  it.each([
    [['a', '--levle', 'x'], 'unknown option --levle for jetpack act', 'did you mean --level?'],
    [['a', '-z'], 'unknown option -z for jetpack act', 'see jetpack act --help'],
    [['a', '--level'], 'option --level needs a value: LEVEL', undefined],
    [['a', '--json=yes'], 'option --json takes no value', undefined],
    [[], 'jetpack act needs more words', 'usage: jetpack act WORD… [--level LEVEL]'],
    [
      ['a', 'b', 'c', 'd'],
      'jetpack act does not know what to do with "d"',
      'usage: jetpack act WORD… [--level LEVEL]',
    ],
    [
      ['a', '--constructor'],
      'unknown option --constructor for jetpack act',
      'see jetpack act --help',
    ],
  ])('refuses %j', (words, message, hint) => {
    expect(() => parse(...words)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_JETPACK_USAGE', message, hint }),
    );
  });

  it('asks for no words when help is wanted', () => {
    expect(parse('--help').options).toEqual({ help: true });
  });

  it('hands every word after -- through unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 3 }), (words) => {
        expect(parse('--', ...words).positionals).toEqual(words);
      }),
    );
  });
});
