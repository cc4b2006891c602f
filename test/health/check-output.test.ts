import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CheckOutput, Tail } from '../../src/health/check-output.js';

function outputOf(stdout: string, stderr = ''): CheckOutput {
  const output = new CheckOutput();
  output.add(Buffer.from(stdout), 'stdout');
  output.add(Buffer.from(stderr), 'stderr');
  return output;
}

describe('Tail', () => {
  test('keeps the last bytes, however they come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.integer({ min: 1, max: 30 }),
        (chunks, limit) => {
          const tail = new Tail(limit);
          const ascii = chunks.map((chunk) => chunk.map((byte) => 97 + (byte % 26)));
          for (const chunk of ascii) tail.add(chunk);

          expect(tail.text()).toBe(Buffer.concat(ascii).subarray(-limit).toString());
        },
      ),
    );
  });

  test('begins at a whole character', () => {
    const tail = new Tail(6);
    tail.add(Buffer.from('xx€€€')); // three bytes each

    expect(tail.text()).toBe('€€');
    expect(tail.text(5)).toBe('€');
    expect(tail.text(4)).toBe('€');
  });

  test('takes any bytes', () => {
    const tail = new Tail(100);
    tail.add(new Uint8Array([0x80, 0xff, 0, 0x41]));

    expect(tail.text()).toBe('\uFFFD\uFFFD\0A');
  });
});

describe('CheckOutput', () => {
  test('has a tail of 4 KiB of both streams in order', () => {
    const output = outputOf('a'.repeat(100_000), 'the end');

    expect(output.tail).toBe(`${'a'.repeat(4096 - 7)}the end`);
  });

  test.each([
    ['nothing', '', '', {}],
    ['blank lines', ' \n\n', '', {}],
    ['one line', 'disk is full\n', '', { message: 'disk is full' }],
    ['the last of many lines', 'a\r\nb\r\n\r\n', '', { message: 'b' }],
    ['only errors', '', 'cannot stat /x\n', { message: 'cannot stat /x' }],
    ['words and errors', 'verdict\n', 'noise\n', { message: 'verdict' }],
    [
      'an object',
      'noise\n{"message":"gpu 3 is gone","metrics":{"gpus":7,"temp":41.5}}\n',
      '',
      { message: 'gpu 3 is gone', metrics: { gpus: 7, temp: 41.5 } },
    ],
    ['metrics without a message', '{"metrics":{"gpus":7}}', '', { metrics: { gpus: 7 } }],
    [
      'metrics of other types',
      '{"message":"m","metrics":{"a":"1","b":null,"c":2,"d":{}}}',
      '',
      { message: 'm', metrics: { c: 2 } },
    ],
    ['members of other types', '{"message":1,"metrics":[1]}', '', {}],
    ['an object that is not on the last line', '{"message":"x"}\nlast', '', { message: 'last' }],
    ['a torn object', '{"message":"x"', '', { message: '{"message":"x"' }],
    ['an object on stderr', '', '{"message":"x"}', { message: '{"message":"x"}' }],
  ] as const)('states %s', (...row) => {
    const [, stdout, stderr, expected] = row;

    expect(outputOf(stdout, stderr).statement).toEqual(expected);
  });

  test('takes metrics of prototype names as ordinary ones', () => {
    const { metrics } = outputOf('{"metrics":{"__proto__":1,"constructor":2}}').statement;

    expect(Object.entries(metrics ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  test('bounds message and metrics', () => {
    const metrics = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`m${index}`, index]),
    );

    const statement = outputOf(JSON.stringify({ message: 'x'.repeat(5000), metrics })).statement;

    expect(statement.message).toHaveLength(500);
    expect(Object.keys(statement.metrics ?? {})).toHaveLength(100);
    expect(outputOf('y'.repeat(50_000)).statement.message).toHaveLength(500);
  });

  test('never fails, whatever is printed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.json(), (bytes, json) => {
        const output = new CheckOutput();
        output.add(bytes, 'stderr');
        output.add(Buffer.from(`\n${json}`), 'stdout');

        expect(output.statement).toBeTypeOf('object');
        expect(output.tail).toBeTypeOf('string');
      }),
    );
  });
});
