import fs from 'node:fs/promises';

import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';

import { makeSchemas } from '../../scripts/make-schemas.mjs';

const made = makeSchemas();

describe('schemas/', () => {
  it('holds what the types say, and nothing else (npm run schemas)', async () => {
    const names = await fs.readdir('schemas');

    expect(names.toSorted()).toEqual([...made.keys()].toSorted());
    for (const [name, text] of made) {
      expect(await fs.readFile(`schemas/${name}`, 'utf8')).toBe(text);
    }
  });

  it.each([...made])('%s is a valid schema that describes each property', (_name, text) => {
    const schema = JSON.parse(text);

    expect(() => new Ajv({ strict: true }).compile(schema)).not.toThrow();
    expect(schema.required).toEqual(
      expect.arrayContaining(['cluster', 'node', 'nodeId', 'hostname', 'ipv4', 'time']),
    );
    const described = Object.values<{ description?: string }>(schema.properties).filter(
      ({ description }) => description !== undefined,
    );
    expect(described).toHaveLength(Object.keys(schema.properties).length);
  });
});
