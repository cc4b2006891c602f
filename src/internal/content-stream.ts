/**
 * A generator's content together with what it holds on to. A generator that nobody has begun to read runs none of its
 * code when it is returned, so its own `finally` cannot let go of a file or a socket: `release` does.
 */
export function contentOf(
  generator: AsyncGenerator<Uint8Array>,
  release: () => Promise<void> | void,
): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => generator.next(),
    return: async () => {
      await generator.return(undefined);
      await release();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
