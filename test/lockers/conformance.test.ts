import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { chooseLocker } from '../../src/lockers/choose.js';
import { describeLocker } from '../../src/testing/describe-locker.js';
import { createTemporaryHome, type TemporaryHome } from '../../src/testing/temporary-home.js';
import { serveFolder } from '../support/file-server.js';

async function folderOf(files: Readonly<Record<string, string>>): Promise<TemporaryHome> {
  const temporary = await createTemporaryHome();
  for (const [name, content] of Object.entries(files)) await temporary.write(name, content);
  return temporary;
}

describeLocker(
  'a folder',
  async (files) => {
    const temporary = await folderOf(files);
    return {
      locker: chooseLocker(pathToFileURL(temporary.home.root).href),
      [Symbol.asyncDispose]: async () => temporary[Symbol.asyncDispose](),
    };
  },
  { describe, it, expect },
);

for (const listing of ['an index page', 'a manifest'] as const) {
  describeLocker(
    `a web server with ${listing}`,
    async (files) => {
      const temporary = await folderOf(files);
      if (listing === 'a manifest') await writeManifest(temporary.home.root, Object.keys(files));
      const server = await serveFolder(temporary.home.root, { index: listing === 'an index page' });
      const locker = chooseLocker(`${server.url}/?sig=secret`);
      return {
        locker,
        [Symbol.asyncDispose]: async () => {
          await locker.close();
          await server[Symbol.asyncDispose]();
          await temporary[Symbol.asyncDispose]();
        },
      };
    },
    { describe, it, expect },
  );
}

async function writeManifest(root: string, names: readonly string[]): Promise<void> {
  const version = 'projects/demo/1.0.0/';
  const files = names
    .filter((name) => name.startsWith(version))
    .map((name) => name.slice(version.length));
  await fs.mkdir(path.join(root, version), { recursive: true });
  await fs.writeFile(path.join(root, version, 'manifest.json'), JSON.stringify({ files }));
}
