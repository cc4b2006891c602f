import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { JetpackError } from '../../src/errors.js';
import { parseManifest } from '../../src/internal/manifest.js';

const md5 = 'ab'.repeat(16);

describe('a manifest', () => {
  it('in the form that is published gives blobs, specs and run lists', () => {
    const text = JSON.stringify({
      name: 'demo',
      type: 'Application',
      blobs: [{ path: 'a.bin', checksum: md5.toUpperCase() }],
      specs: { default: { run_list: ['role[a]'] }, other: {} },
      Mixed: [[[['case']]]],
    });

    const manifest = parseManifest(`\u{FEFF}${text}`, 'here');

    expect(manifest).toEqual({
      files: undefined,
      blobs: [{ path: 'a.bin', md5 }],
      specs: new Map([
        ['default', ['role[a]']],
        ['other', []],
      ]),
    });
  });

  it('may list its files, as paths or with sizes and checksums', () => {
    const files = ['a', { path: 'b', size: 3, md5 }, { path: 'c', size: -1 }];

    expect(parseManifest(JSON.stringify({ files }), 'here').files).toEqual([
      { path: 'a' },
      { path: 'b', size: 3, md5 },
      { path: 'c' },
    ]);
  });

  it('knows no spec by the name of a prototype', () => {
    expect(parseManifest('{"specs": {}}', 'here').specs.get('constructor')).toBeUndefined();
  });

  it.each([
    ['', 'it is not JSON'],
    ['{"files"', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['{"files": {}}', 'files is not a list'],
    ['{"files": [1]}', 'files[0] is neither a path nor an object'],
    ['{"blobs": [{}]}', 'blobs[0] has no path'],
    ['{"blobs": [{"path": "a", "checksum": "1234"}]}', 'blobs[0] is not an MD5'],
    ['{"specs": []}', 'specs is not an object'],
  ])('that is %j is refused with a reason', (text, why) => {
    expect(() => parseManifest(text, 'here')).toThrow(
      expect.objectContaining({
        code: 'ERR_JETPACK_DAMAGED',
        message: expect.stringContaining(why),
      }),
    );
  });

  it('of any JSON is understood or refused with an error of ours', () => {
    const manifests = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ files: fc.jsonValue(), blobs: fc.jsonValue(), specs: fc.jsonValue() })
        .map((manifest) => JSON.stringify(manifest)),
    );
    fc.assert(
      fc.property(manifests, (text) => {
        let error: unknown;
        try {
          parseManifest(text, 'here');
        } catch (cause) {
          error = cause;
        }

        expect(error === undefined || error instanceof JetpackError).toBe(true);
      }),
    );
  });
});
