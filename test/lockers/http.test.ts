import type http from 'node:http';

import { describe, expect, it } from 'vitest';

import type { LockerBlob } from '../../src/locker.js';
import { HttpLocker } from '../../src/lockers/http.js';
import { createTemporaryHome, type TemporaryHome } from '../../src/testing/temporary-home.js';
import { serveFolder, type FileServer } from '../support/file-server.js';

interface World extends AsyncDisposable {
  readonly server: FileServer;
  readonly locker: HttpLocker;
  readonly temporary: TemporaryHome;
  /** Milliseconds of each wait between attempts. */
  readonly waits: number[];
}

/** A server over `blobs/demo/a`, and a locker whose waits take no time and are as long as they may be. */
async function createWorld(content = '0123456789', ranges = true): Promise<World> {
  const temporary = await createTemporaryHome();
  await temporary.write('blobs/demo/a', content);
  const server = await serveFolder(temporary.home.root, { ranges });
  const waits: number[] = [];
  const clock = {
    sleep: async (milliseconds: number) => {
      waits.push(milliseconds);
    },
  };
  const url = `${server.url}/?sv=1&sig=secret`;
  const locker = new HttpLocker({ url, clock, random: () => 1, attempts: 4 });
  return {
    server,
    locker,
    temporary,
    waits,
    [Symbol.asyncDispose]: async () => {
      await locker.close();
      await server[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

async function textOf(blob: LockerBlob | undefined): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blob?.content ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const status =
  (code: number, headers: http.OutgoingHttpHeaders = {}) =>
  (response: http.ServerResponse): void => {
    response.writeHead(code, headers).end('busy');
  };

const reset = (response: http.ServerResponse): void => {
  response.socket?.destroy();
};

/** Promises the whole, gives a part, and breaks off. */
const shortBody =
  (text: string, length: number, etag: string) =>
  (response: http.ServerResponse): void => {
    response.writeHead(200, { 'content-length': length, etag });
    response.write(text, () => response.socket?.destroy());
  };

async function etagOf(world: World): Promise<string> {
  const blob = await world.locker.open('blobs/demo/a');
  await textOf(blob);
  world.server.requests.length = 0;
  return blob?.etag ?? '';
}

describe('a locker on a web server', () => {
  it('sends its token with every request and shows it nowhere', async () => {
    await using world = await createWorld();

    await textOf(await world.locker.open('blobs/demo/a'));

    expect(world.server.requests.map(({ url }) => url)).toEqual(['/blobs/demo/a?sv=1&sig=secret']);
    expect(world.locker.target).toBe(`${world.server.url}/`);
  });

  it.each([408, 429, 500, 503])('tries again after an answer of %i', async (code) => {
    await using world = await createWorld();
    world.server.faults.push(status(code), status(code));

    const text = await textOf(await world.locker.open('blobs/demo/a'));

    expect(text).toBe('0123456789');
    expect(world.waits).toEqual([100, 200]);
  });

  it('waits as long as the server asks for', async () => {
    await using world = await createWorld();
    world.server.faults.push(status(503, { 'retry-after': '7' }));

    await textOf(await world.locker.open('blobs/demo/a'));

    expect(world.waits).toEqual([7000]);
  });

  it('tries again after a broken connection', async () => {
    await using world = await createWorld();
    world.server.faults.push(reset);

    expect(await textOf(await world.locker.open('blobs/demo/a'))).toBe('0123456789');
  });

  it('gives up after its attempts, in words and without the token', async () => {
    await using world = await createWorld();
    for (let index = 0; index < 9; index++) world.server.faults.push(reset);

    const failure: unknown = await world.locker
      .open('blobs/demo/a')
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ name: 'TemporaryError', code: 'ERR_JETPACK_UNREACHABLE' });
    expect(String(failure)).toContain('the connection broke');
    expect(String(failure)).not.toContain('secret');
    expect(world.server.requests).toHaveLength(4);
  });

  it('says at once when access is refused', async () => {
    await using world = await createWorld();
    world.server.faults.push(status(403));

    await expect(world.locker.open('blobs/demo/a')).rejects.toMatchObject({
      code: 'ERR_JETPACK_PERMISSION',
      hint: expect.stringContaining('token'),
    });
    expect(world.waits).toEqual([]);
  });

  it('goes on where a blob broke off', async () => {
    await using world = await createWorld();
    const etag = await etagOf(world);
    world.server.faults.push(shortBody('0123', 10, etag));

    const text = await textOf(await world.locker.open('blobs/demo/a'));

    expect(text).toBe('0123456789');
    expect(world.server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=4-']);
  });

  it('reads past what it has when the server knows no ranges', async () => {
    await using world = await createWorld('0123456789', false);
    const etag = await etagOf(world);
    world.server.faults.push(shortBody('0123', 10, etag));

    expect(await textOf(await world.locker.open('blobs/demo/a'))).toBe('0123456789');
  });

  it('does not put two contents together when the blob changed in between', async () => {
    await using world = await createWorld();
    world.server.faults.push(shortBody('abcd', 10, '"another"'));
    const blob = await world.locker.open('blobs/demo/a');

    await expect(textOf(blob)).rejects.toMatchObject({
      name: 'TemporaryError',
      message: expect.stringContaining('it changed while it was read'),
    });
  });

  it('ends a read that is under way when it is closed', async () => {
    await using world = await createWorld('x'.repeat(5_000_000));
    const blob = await world.locker.open('blobs/demo/a');
    const reading = textOf(blob);

    await world.locker.close();

    await expect(reading).rejects.toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
  });

  it('refuses a manifest that is broken', async () => {
    await using world = await createWorld();
    await world.temporary.write('projects/demo/1/manifest.json', '[');
    const listing = async (): Promise<void> => {
      await world.locker.list('projects/demo/1/s')[Symbol.asyncIterator]().next();
    };

    await expect(listing()).rejects.toMatchObject({ code: 'ERR_JETPACK_DAMAGED' });
  });

  it('takes size and checksum from the manifest', async () => {
    await using world = await createWorld();
    const files = [{ path: 's/a', size: 3, checksum: 'A'.repeat(32) }];
    await world.temporary.write('projects/demo/1/manifest.json', { files });
    const entries: unknown[] = [];

    for await (const entry of world.locker.list('projects/demo/1/s')) entries.push(entry);

    expect(entries).toEqual([{ path: 'projects/demo/1/s/a', size: 3, md5: 'a'.repeat(32) }]);
  });
});
