import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createConvergeNode } from '../support/converge-node.js';

describe('a download', () => {
  it("takes the user's blob before the project's", async () => {
    await using node = await createConvergeNode();
    const destination = path.join(node.home.root, 'here.txt');

    const result = await node.converger.download('tool.txt', { project: 'demo', destination });

    expect(result).toEqual({ path: destination, size: 12 });
    expect(await fs.readFile(destination, 'utf8')).toBe('of the user\n');
  });

  it('knows its project from the environment of a script', async () => {
    await using node = await createConvergeNode();
    const converger = node.make({ env: { CYCLECLOUD_PROJECT_NAME: 'demo' } });

    const result = await converger.download('data.bin', { destination: `${node.home.root}/new/` });

    expect(result.path).toBe(path.join(node.home.root, 'new/data.bin'));
    expect(await fs.readFile(result.path, 'utf8')).toBe('the project gives this\n');
  });

  it('goes into a folder that is there under the name of the blob', async () => {
    await using node = await createConvergeNode();
    const options = { project: 'demo', destination: node.home.root };

    const result = await node.converger.download('tool.txt', options);

    expect(result.path).toBe(path.join(node.home.root, 'tool.txt'));
  });

  it('that is nowhere names both places', async () => {
    await using node = await createConvergeNode();

    await expect(node.converger.download('no/such', { project: 'demo' })).rejects.toMatchObject({
      code: 'ERR_JETPACK_NOT_FOUND',
      message: expect.stringContaining(
        'looked in blobs/demo/no/such and projects/demo/blobs/no/such',
      ),
    });
  });

  it('that differs from the manifest leaves the old file as it was, and nothing beside it', async () => {
    await using node = await createConvergeNode();
    await fs.writeFile(path.join(node.locker, 'projects/demo/blobs/data.bin'), 'damaged');
    const folder = path.join(node.home.root, 'downloads');
    await fs.mkdir(folder);
    await fs.writeFile(path.join(folder, 'data.bin'), 'old');
    const options = { project: 'demo', destination: folder };

    await expect(node.converger.download('data.bin', options)).rejects.toMatchObject({
      code: 'ERR_JETPACK_DAMAGED',
    });
    expect(await fs.readdir(folder)).toEqual(['data.bin']);
    expect(await fs.readFile(path.join(folder, 'data.bin'), 'utf8')).toBe('old');
  });

  it.each([
    ['a blob that climbs', '../x', 'demo'],
    ['an absolute blob', '/etc/passwd', 'demo'],
    ['no blob', '', 'demo'],
    ['a project that climbs', 'x', '../demo'],
  ])('of %s is a wrong call', async (_what, blob, project) => {
    await using node = await createConvergeNode();

    await expect(node.converger.download(blob, { project })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_JETPACK_USAGE',
    });
  });

  it('without a project says how to give one', async () => {
    await using node = await createConvergeNode();

    await expect(node.make({ env: {} }).download('x')).rejects.toMatchObject({
      code: 'ERR_JETPACK_USAGE',
      hint: expect.stringContaining('CYCLECLOUD_PROJECT_NAME'),
    });
  });

  it('tells how far it is', async () => {
    await using node = await createConvergeNode();
    const progress: unknown[] = [];

    await node.converger.download('tool.txt', {
      project: 'demo',
      destination: node.home.root,
      onProgress: (event) => progress.push(event),
    });

    expect(progress.at(-1)).toEqual({ bytes: 12, total: 12 });
  });
});
