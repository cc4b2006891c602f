import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { Home } from '../home.js';

/**
 * A home in a folder of its own that goes away with the test: `await using home = await createTemporaryHome()`.
 *
 * @public
 */
export interface TemporaryHome extends AsyncDisposable {
  /** A new folder below the system's temporary one, with its cluster-init root inside; empty at first. */
  readonly home: Home;
  /** Writes a file below the home, folders included, readable by user and group; objects are written as JSON. */
  write(relative: string, content: string | Uint8Array | object): Promise<string>;
  /** Reads a file below the home as text. */
  read(relative: string): Promise<string>;
}

/**
 * Makes a {@link TemporaryHome}.
 *
 * @public
 */
export async function createTemporaryHome(): Promise<TemporaryHome> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-'));
  return {
    home: new Home({ root }),
    write: async (relative, content) => {
      const file = path.join(root, relative);
      await fs.mkdir(path.dirname(file), { recursive: true });
      const isText = typeof content === 'string' || content instanceof Uint8Array;
      await fs.writeFile(file, isText ? content : JSON.stringify(content), { mode: 0o640 });
      return file;
    },
    read: async (relative) => fs.readFile(path.join(root, relative), 'utf8'),
    [Symbol.asyncDispose]: async () => fs.rm(root, { recursive: true, force: true }),
  };
}
