import path from 'node:path';

import type { Home } from '../../home.js';
import type { ExactObject } from '../../internal/lossless-json.js';
import { version } from '../../version.js';
import type { Source } from '../source.js';
import { toExact } from '../values.js';
import { readRunList } from './run-list.js';

/** What follows from where the home is, which package this is, and what the attribute files say. */
export function derivedSource(home: Home, files: ExactObject): Source {
  const collectors: Readonly<Record<string, () => Parameters<typeof toExact>[0] | undefined>> = {
    cyclecloud: () => ({
      home: home.root,
      bootstrap: path.join(home.system, 'bootstrap'),
      jetpack: { version },
    }),
    jetpack: () => ({ downloads: path.join(home.chef, 'cache', 'jetpack', 'downloads') }),
    roles: () => readRunList(files)?.roles,
    recipes: () => readRunList(files)?.recipes,
  };
  return {
    name: 'derived',
    keys: Object.keys(collectors),
    collect: async (key) => {
      const value = collectors[key]?.();
      return value === undefined ? undefined : toExact(value);
    },
  };
}
