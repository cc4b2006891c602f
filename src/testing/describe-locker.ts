import type { Locker } from '../locker.js';

/**
 * The part of a test framework that conformance suites are written with. `describe`, `it` and `expect` of vitest and jest
 * are these.
 *
 * @public
 */
export interface LockerSuiteTools {
  /** Groups tests. The body is called at once, and defines them. */
  readonly describe: (title: string, body: () => void) => void;
  /** Defines a test, which fails when its promise rejects. */
  readonly it: (title: string, body: () => Promise<void>) => void;
  /** Only these two matchers are used. */
  readonly expect: (value: unknown) => {
    toEqual(expected: unknown): void;
    toMatchObject(expected: object): void;
  };
}

/**
 * A locker under test, filled.
 *
 * @public
 */
export interface LockerUnderTest extends AsyncDisposable {
  /** Nothing has been asked of it yet. */
  readonly locker: Locker;
}

/**
 * The conformance suite of {@link Locker}: whoever writes one runs it over theirs. `create` makes a locker that holds
 * exactly the given files, by path.
 *
 * @public
 */
export function describeLocker(
  name: string,
  create: (files: Readonly<Record<string, string>>) => Promise<LockerUnderTest>,
  tools: LockerSuiteTools,
): void {
  tools.describe(`${name} is a locker that`, () => {
    describeListing(create, tools);
    describeReading(create, tools);
    describeClosing(create, tools);
  });
}

type Create = Parameters<typeof describeLocker>[1];

const version = 'projects/demo/1.0.0';

function describeListing(create: Create, { it, expect }: LockerSuiteTools): void {
  it('lists every blob below a prefix, at any depth, and no other', async () => {
    await using made = await create({
      [`${version}/default/a.txt`]: 'a',
      [`${version}/default/deep/er/b c+ü%.txt`]: 'b',
      [`${version}/default2/c.txt`]: 'c',
    });

    const paths = await listed(made.locker, `${version}/default`);

    expect(paths).toEqual([`${version}/default/a.txt`, `${version}/default/deep/er/b c+ü%.txt`]);
  });

  it('lists nothing where there is nothing', async () => {
    await using made = await create({ [`${version}/default/a.txt`]: 'a' });

    expect(await listed(made.locker, `${version}/other`)).toEqual([]);
    expect(await listed(made.locker, 'projects/nothing/1')).toEqual([]);
  });
}

function describeReading(create: Create, { it, expect }: LockerSuiteTools): void {
  it('gives the content of a blob as it is', async () => {
    await using made = await create({ 'blobs/demo/a b+ü%.bin': 'content\r\n\0' });

    const blob = await made.locker.open('blobs/demo/a b+ü%.bin');

    expect(await textOf(blob)).toEqual('content\r\n\0');
    expect({ offset: blob?.offset }).toEqual({ offset: 0 });
  });

  it('gives an empty blob', async () => {
    await using made = await create({ 'blobs/demo/empty': '' });

    expect(await textOf(await made.locker.open('blobs/demo/empty'))).toEqual('');
  });

  it('gives what follows an offset, or says that it begins elsewhere', async () => {
    await using made = await create({ 'blobs/demo/a': '0123456789' });

    const blob = await made.locker.open('blobs/demo/a', { offset: 4 });

    expect(await textOf(blob)).toEqual('0123456789'.slice(blob?.offset));
  });

  it('has no blob where there is none', async () => {
    await using made = await create({ 'blobs/demo/a': 'a' });

    expect(await made.locker.open('blobs/demo/b')).toEqual(undefined);
    expect(await made.locker.open('blobs/demo/a/b')).toEqual(undefined);
  });

  it('gives a path that leads out to nobody', async () => {
    await using made = await create({ 'blobs/demo/a': 'a' });

    const failure: unknown = await made.locker
      .open('blobs/../../etc/passwd')
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'ERR_JETPACK_USAGE' });
  });

  it('lets go of a blob that is not read to its end', async () => {
    await using made = await create({ 'blobs/demo/a': 'x'.repeat(1_000_000) });

    const blob = await made.locker.open('blobs/demo/a');
    for await (const chunk of blob?.content ?? []) if (chunk.length > 0) break;

    expect(await textOf(await made.locker.open('blobs/demo/a'))).toEqual('x'.repeat(1_000_000));
  });

  it('lets go of a blob that is not read at all', async () => {
    await using made = await create({ 'blobs/demo/a': 'x'.repeat(1_000_000) });

    const blob = await made.locker.open('blobs/demo/a');
    await blob?.content[Symbol.asyncIterator]().return?.();

    expect(await textOf(await made.locker.open('blobs/demo/a'))).toEqual('x'.repeat(1_000_000));
  });

  it('reads nothing more when its caller gives up', async () => {
    await using made = await create({ 'blobs/demo/a': 'a' });

    const failure: unknown = await made.locker
      .open('blobs/demo/a', { signal: AbortSignal.abort() })
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'ERR_JETPACK_ABORTED' });
  });
}

function describeClosing(create: Create, { it, expect }: LockerSuiteTools): void {
  it('says where it is without a secret, and closes twice as well as once', async () => {
    await using made = await create({});
    const { target } = made.locker;

    await made.locker.close();
    await made.locker.close();

    expect(/[?@]/.test(target)).toEqual(false);
  });
}

async function listed(locker: Locker, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of locker.list(prefix)) paths.push(entry.path);
  return paths.toSorted();
}

async function textOf(blob: Awaited<ReturnType<Locker['open']>>): Promise<string | undefined> {
  if (blob === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of blob.content) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
