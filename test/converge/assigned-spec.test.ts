import path from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readAssignedSpecs, type AssignedSpec } from '../../src/converge/assigned-spec.js';
import { JetpackError } from '../../src/errors.js';

const good = { project: 'p', version: '1.0', spec: 'default' };

describe('the assigned specs', () => {
  it('keep their order, and one that stands twice counts once', () => {
    const other = { ...good, spec: 'other', run_list: ['role[x]'] };

    const specs = readAssignedSpecs([good, other, good]);

    expect(specs).toEqual([
      { ...good, runList: [] },
      { project: 'p', version: '1.0', spec: 'other', runList: ['role[x]'] },
    ]);
  });

  it.each([
    ['no list', {}, 'cannot use cyclecloud.cluster_init_specs: it is not a list'],
    ['an element that is no object', [good, 'p'], '[1]: it is not an object'],
    ['a field that is missing', [{ project: 'p', spec: 's' }], '[0].version: it is missing'],
    ['a version that is a number', [{ ...good, version: 1 }], '[0].version: it is not a text'],
    ['a name with a slash', [{ ...good, spec: 'a/b' }], '[0].spec: it holds a "/"'],
    ['a name that climbs', [{ ...good, project: '..' }], '[0].project: it begins with a dot'],
    ['a hidden name', [{ ...good, project: '.run' }], '[0].project: it begins with a dot'],
    ['a name with a NUL', [{ ...good, spec: 'a\0' }], '[0].spec: it holds a control character'],
    ['an empty name', [{ ...good, spec: '' }], '[0].spec: it is empty'],
    ['a name without end', [{ ...good, spec: 'x'.repeat(201) }], '[0].spec: it is longer than'],
    ['a run list that is a text', [{ ...good, run_list: 'a' }], '[0].run_list: it is not a list'],
    ['two versions of one', [good, { ...good, version: '2' }], '[1].version: the spec p/default'],
  ])('with %s are refused, naming index and field', (_what, value, words) => {
    expect(() => readAssignedSpecs(value)).toThrow(
      expect.objectContaining({
        name: 'JetpackError',
        code: 'ERR_JETPACK_BAD_CONFIG',
        message: expect.stringContaining(words),
      }),
    );
  });

  it('never lead out of the folder they are installed in, whatever is written', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (project, spec) => {
        const result = attempt([{ project, version: '1', spec }]);

        const folders = (result.specs ?? []).map((one) =>
          path.join('/root', one.project, one.spec),
        );
        expect(folders.filter((folder) => path.resolve(folder, '../..') !== '/root')).toEqual([]);
      }),
    );
  });

  it('are either understood or refused with the one code, whatever JSON they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { specs, error } = attempt(value);

        const isRefused = error instanceof JetpackError && error.code === 'ERR_JETPACK_BAD_CONFIG';
        expect(Array.isArray(specs) || isRefused).toBe(true);
      }),
    );
  });
});

function attempt(value: unknown): { specs?: readonly AssignedSpec[]; error?: unknown } {
  try {
    return { specs: readAssignedSpecs(value) };
  } catch (error) {
    return { error };
  }
}
