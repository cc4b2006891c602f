import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { HttpLocker } from '../../src/lockers/http.js';
import { createConvergeNode, type ConvergeNode } from '../support/converge-node.js';
import { serveFolder, type FileServer } from '../support/file-server.js';

interface World extends AsyncDisposable {
  readonly node: ConvergeNode;
  readonly server: FileServer;
}

/** A node whose locker is its folder behind a web server that lists folders, or knows manifests only. */
async function createWorld(index: boolean): Promise<World> {
  const files = await createConvergeNode();
  const server = await serveFolder(files.locker, { index });
  const clock = { sleep: async () => undefined };
  const locker = new HttpLocker({ url: `${server.url}/?sig=secret`, clock, attempts: 5 });
  const node = await createConvergeNode({ locker });
  return {
    node,
    server,
    [Symbol.asyncDispose]: async () => {
      await locker.close();
      await server[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

describe('a converge from a web server', () => {
  it('that lists its folders ends as one from a folder', async () => {
    await using world = await createWorld(true);

    const result = await world.node.converge();

    expect(result).toMatchObject({ specs: { installed: 2 }, scripts: { ran: 5 } });
  });

  it('that is busy and breaks off at first ends all the same', async () => {
    await using world = await createWorld(true);
    const { faults } = world.server;
    for (let index = 0; index < 2; index++) {
      faults.push((response) => response.writeHead(503).end());
      faults.push((response) => response.socket?.destroy());
    }

    const result = await world.node.converge();

    expect(result.scripts.ran).toBe(5);
  });

  it('with checksums in its manifest fetches nothing twice', async () => {
    await using world = await createWorld(false);
    await writeFileList(world);
    await world.node.converge();
    world.server.requests.length = 0;

    const result = await world.node.converge();

    expect(result).toMatchObject({ specs: { installed: 0 }, scripts: { ran: 0 } });
    const asked = new Set(world.server.requests.map(({ url }) => url));
    expect([...asked]).toEqual(['/projects/demo/1.0.0/manifest.json?sig=secret']);
  });

  it('shows its token in no message, event or log', async () => {
    await using world = await createWorld(true);
    world.server.faults.push((response) => response.writeHead(403).end());

    const failure: unknown = await world.node.converge().catch((error: unknown) => error);
    await world.node.converge();

    expect(failure).toMatchObject({ code: 'ERR_JETPACK_PERMISSION' });
    const { reports, events, home } = world.node;
    const journal = await fs.readFile(path.join(home.run, 'converge/journal.json'), 'utf8');
    expect(`${String(failure)}${JSON.stringify([reports, events])}${journal}`).not.toContain(
      'secret',
    );
  });
});

/** Writes the `files` list into the manifest, as one who publishes does. */
async function writeFileList({ server }: World): Promise<void> {
  const version = path.resolve('test/fixtures/projects/demo/projects/demo/1.0.0');
  const entries = await fs.readdir(version, { recursive: true, withFileTypes: true });
  const files: unknown[] = [];
  for (const entry of entries.filter((one) => one.isFile() && one.name !== 'manifest.json')) {
    const file = path.join(entry.parentPath, entry.name);
    const content = await fs.readFile(file);
    const checksum = createHash('md5').update(content).digest('hex');
    files.push({ path: path.relative(version, file), size: content.length, checksum });
  }
  await fs.writeFile(
    path.join(server.root, 'projects/demo/1.0.0/manifest.json'),
    JSON.stringify({ files }),
  );
}
