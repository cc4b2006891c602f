import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { namesInHtmlIndex } from '../../src/lockers/html-index.js';

const here = 'http://host/locker/projects/';

describe('a page that lists a folder', () => {
  it.each([
    [
      'nginx',
      '<a href="../">../</a>\n<a href="demo/">demo/</a> 01-Jan\n<a href="b%20c.txt">b c.txt</a>',
      ['demo/', 'b c.txt'],
    ],
    [
      'Apache',
      '<th><a href="?C=N;O=D">Name</a></th><td><a href="/locker/">Parent</a></td><a href="a&amp;b">',
      ['a&b'],
    ],
    ['Python', "<li><a href='demo/'>demo/</a></li><li><a href='x@'>x@</a></li>", ['demo/', 'x@']],
    ['full urls', '<a class="f" href="http://host/locker/projects/a.txt">', ['a.txt']],
  ])('of %s gives the names in it', (_server, html, names) => {
    expect(namesInHtmlIndex(html, here)).toEqual(names);
  });

  it.each([
    'http://evil/locker/projects/a',
    '//evil/a',
    '..%2f..%2fetc',
    'a/b/c',
    '%zz',
    '#top',
    '.',
  ])('is not believed about %s', (href) => {
    expect(namesInHtmlIndex(`<a href="${href}">x</a>`, here)).toEqual([]);
  });

  it('never gives a name that leads elsewhere', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (hrefs) => {
        const html = hrefs.map((href) => `<a href="${href}">x</a>`).join('');

        const names = namesInHtmlIndex(html, here);

        expect(
          names.filter((name) => !/^[^/\\]+\/?$/.test(name) || /^\.\.?\/?$/.test(name)),
        ).toEqual([]);
      }),
    );
  });
});
