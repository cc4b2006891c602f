import fs from 'node:fs/promises';
import path from 'node:path';

import * as tar from 'tar';
import { describe, expect, it } from 'vitest';

import { extractArchive, type ArchiveOptions } from '../../src/internal/archive.js';
import { createTemporaryHome } from '../../src/testing/temporary-home.js';

interface Entry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice';
  readonly linkpath?: string;
  readonly content?: string;
  readonly mode?: number;
}

/** A tar file, header by header, so that it can hold what no tool would put in. */
function archiveOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ content = '', type = 'File', mode = 0o644, ...entry }) => {
    const size = type === 'File' ? Buffer.byteLength(content) : 0;
    const header = new tar.Header({ ...entry, type, mode, size, mtime: new Date(0) });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    const body = Buffer.alloc(Math.ceil(size / 512) * 512);
    if (size > 0) body.write(content);
    return [block, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Extracts into a folder whose surroundings are compared afterwards. */
async function extract(
  bytes: Uint8Array,
  options: ArchiveOptions = {},
): Promise<
  {
    error: unknown;
    outside: string[];
    read: (name: string) => Promise<string>;
    mode: (name: string) => Promise<number>;
  } & AsyncDisposable
> {
  const temporary = await createTemporaryHome();
  const archive = await temporary.write('it.tgz', bytes);
  await temporary.write('outside.txt', 'untouched');
  const folder = path.join(temporary.home.root, 'folder');
  await fs.mkdir(folder);
  const error: unknown = await extractArchive(archive, folder, options).catch(
    (cause: unknown) => cause,
  );
  const names = await fs.readdir(temporary.home.root);
  const outside = [...names.toSorted(), await temporary.read('outside.txt')];
  return {
    error,
    outside,
    read: async (name) => fs.readFile(path.join(folder, name), 'utf8'),
    mode: async (name) => (await fs.stat(path.join(folder, name))).mode & 0o7777,
    [Symbol.asyncDispose]: async () => temporary[Symbol.asyncDispose](),
  };
}

const untouched = ['folder', 'it.tgz', 'outside.txt', 'untouched'];

describe('an archive', () => {
  it('gives its files, folders and links within', async () => {
    await using result = await extract(
      archiveOf([
        { path: 'a/', type: 'Directory', mode: 0o755 },
        { path: 'a/run.sh', content: 'hello', mode: 0o755 },
        { path: 'b/link', type: 'SymbolicLink', linkpath: '../a/run.sh' },
        { path: 'hard', type: 'Link', linkpath: 'a/run.sh' },
      ]),
    );

    expect(result.error).toBeUndefined();
    expect(await result.read('b/link')).toBe('hello');
    expect(await result.read('hard')).toBe('hello');
    expect(await result.mode('a/run.sh')).toBe(0o755);
  });

  it('loses setuid, setgid and sticky', async () => {
    await using result = await extract(archiveOf([{ path: 'a', content: 'x', mode: 0o6755 }]));

    expect(await result.mode('a')).toBe(0o755);
  });

  const hostile: readonly [string, string, readonly Entry[]][] = [
    ['an absolute path', '/tmp/evil', [{ path: '/tmp/evil' }]],
    ['a path of Windows', 'C:\\\\evil', [{ path: 'C:\\evil' }]],
    ['a path with ..', '../outside.txt', [{ path: '../outside.txt', content: 'evil' }]],
    ['a path with .. inside', 'a/../../outside.txt', [{ path: 'a/../../outside.txt' }]],
    ['a link out', 'l', [{ path: 'l', type: 'SymbolicLink', linkpath: '../outside.txt' }]],
    ['an absolute link', 'l', [{ path: 'l', type: 'SymbolicLink', linkpath: '/etc/passwd' }]],
    [
      'a link that climbs late',
      'l',
      [
        { path: 'd/e/', type: 'Directory' },
        { path: 'l', type: 'SymbolicLink', linkpath: 'd/e/../../..' },
      ],
    ],
    ['a hard link out', 'h', [{ path: 'h', type: 'Link', linkpath: '../outside.txt' }]],
    ['a hard link to nothing of its own', 'h', [{ path: 'h', type: 'Link', linkpath: 'other' }]],
    [
      'a file through a link',
      'l/a',
      [
        { path: 'd/', type: 'Directory' },
        { path: 'l', type: 'SymbolicLink', linkpath: 'd' },
        { path: 'l/a', content: 'evil' },
      ],
    ],
    [
      'a file through a link in other letters',
      'L/a',
      [
        { path: 'd/', type: 'Directory' },
        { path: 'l', type: 'SymbolicLink', linkpath: 'd' },
        { path: 'L/a', content: 'evil' },
      ],
    ],
    [
      'a file over a link',
      'l',
      [
        { path: 'l', type: 'SymbolicLink', linkpath: 'x' },
        { path: 'l', content: 'evil' },
      ],
    ],
    ['a fifo', 'f', [{ path: 'f', type: 'FIFO' }]],
    ['a device', 'd', [{ path: 'd', type: 'CharacterDevice' }]],
  ];

  it.each(hostile)('with %s is refused by name', async (_what, name, entries) => {
    await using result = await extract(archiveOf([{ path: 'first', content: 'x' }, ...entries]));

    expect(result.error).toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_DAMAGED',
      message: expect.stringContaining(`"${name}" is refused`),
    });
    expect(result.outside).toEqual(untouched);
  });

  it.each([
    ['entries', { maxEntries: 2 }, 'more than 2 entries'],
    ['bytes', { maxBytes: 5 }, 'more than 5 bytes'],
    ['folders', { maxDepth: 2 }, 'more than 2 folders deep'],
  ])('with too many %s is refused', async (_what, limits, why) => {
    const entries = ['a', 'b', 'c/d/e'].map((name) => ({ path: name, content: 'xxx' }));

    await using result = await extract(archiveOf(entries), limits);

    expect(result.error).toMatchObject({ message: expect.stringContaining(why) });
  });

  it('whose wrapping folder is taken off may not link out of that one either', async () => {
    const link = { path: 'w/l', type: 'SymbolicLink', linkpath: '../a' } as const;

    await using wrapped = await extract(archiveOf([link]), { wrapper: 'w' });
    await using plain = await extract(archiveOf([link]));

    expect(wrapped.error).toMatchObject({ message: expect.stringContaining('leads out') });
    expect(plain.error).toBeUndefined();
  });

  it.each([
    ['is truncated', archiveOf([{ path: 'a', content: 'x'.repeat(2000) }]).subarray(0, 1200)],
    ['is empty', Buffer.alloc(0)],
    ['is something else', Buffer.from('<html>not found</html>'.repeat(100))],
  ])('that %s is damaged', async (_what, bytes) => {
    await using result = await extract(bytes);

    expect(result.error).toMatchObject({ code: 'ERR_JETPACK_DAMAGED' });
  });

  it('that is not there is said to be not there', async () => {
    const failure: unknown = await extractArchive('/nowhere/a.tgz', '/nowhere').catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({ name: 'JetpackError' });
  });
});
