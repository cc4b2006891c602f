// Makes schemas/*.schema.json, one for each kind of message, from the types of their bodies in src/messaging/messages.ts.
// `npm run schemas` writes them; a test compares.
import fs from 'node:fs';
import path from 'node:path';

import { createGenerator } from 'ts-json-schema-generator';

const repository = path.resolve(import.meta.dirname, '..');
const source = path.join(repository, 'src/messaging/messages.ts');

/** The name of the type of each kind's body. */
const types = {
  log: 'LogBody',
  'node.status': 'NodeStatusBody',
  'node.health': 'NodeHealthBody',
  'node.terminate': 'NodeTerminateBody',
  'node.shutdown': 'NodeShutdownBody',
  'node.keepalive': 'NodeKeepAliveBody',
};

/**
 * What each file of `schemas/` must hold, by its name. A body may have more properties than these: later versions add some.
 *
 * @returns {Map<string, string>}
 */
export function makeSchemas() {
  const generator = createGenerator({
    path: source,
    tsconfig: path.join(repository, 'tsconfig.json'),
    expose: 'none',
    topRef: false,
    additionalProperties: true,
    skipTypeCheck: true, // `npm run typecheck` does that
  });
  const files = Object.entries(types).map(([kind, type]) => {
    const { $schema, definitions: _none, ...rest } = generator.createSchema(type);
    const $id = `urn:cycle-jetpack:message:${kind}`;
    const schema = { $schema, $id, title: kind, ...rest };
    return /** @type {const} */ ([
      `${kind}.schema.json`,
      `${JSON.stringify(schema, withoutOpenness, 2)}\n`,
    ]);
  });
  return new Map(files);
}

/**
 * Open is what an object is anyway.
 *
 * @param {string} key
 * @param {unknown} value
 */
function withoutOpenness(key, value) {
  if (key === 'additionalProperties' && value === true) return undefined;
  // One line of prose, however the source wraps it.
  return key === 'description' && typeof value === 'string' ? value.replaceAll(/\s+/g, ' ') : value;
}

if (process.argv[1] === import.meta.filename) {
  const folder = path.join(repository, 'schemas');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  for (const [name, text] of makeSchemas()) fs.writeFileSync(path.join(folder, name), text);
}
