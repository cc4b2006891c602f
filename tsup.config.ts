import fs from 'node:fs';

import { defineConfig } from 'tsup';
import type { Options } from 'tsup';

const target = 'node20.19';
const commands = fs.readdirSync('src/cli/commands').map((name) => `src/cli/commands/${name}`);

// The command line is built as CommonJS, one bundle a command: an ES module as entry costs 3 ms at every start, and a
// command must not load what it does not run. It is an application of its own: its classes meet no other copy.
const application: Options = {
  format: 'cjs',
  platform: 'node',
  target,
  splitting: false,
  silent: true,
  dts: false,
  removeNodeProtocol: false,
  external: ['amqplib', 'cross-spawn', 'debug', 'got', 'tar'],
  plugins: [
    {
      // A default import of a module of Node's own becomes a copy of all its properties, once for each file that imports
      // it: 1 ms of every call. Inheriting from the module costs nothing.
      name: 'modules-of-node-are-not-copied',
      renderChunk: (code) => ({
        code: code.replaceAll(
          /__toESM\((require\("node:[\w/]+"\))(?:,\s*1)?\)/g,
          '({__proto__:$1,default:$1})',
        ),
      }),
    },
  ],
  esbuildOptions: (options) => {
    // Blanks and comments cost a twentieth of a call; names stay, for the person who reads a stack.
    Object.assign(options, { minifyWhitespace: true, minifySyntax: true });
    // Only the loading of `debug` asks where it is, and a file name will do.
    options.define = { ...options.define, 'import.meta.url': '__filename' };
  },
};

export default defineConfig([
  {
    entry: { index: 'src/index.ts', 'testing/index': 'src/testing/index.ts' },
    format: 'esm',
    platform: 'node',
    target,
    silent: true,
    dts: true,
    sourcemap: true,
  },
  {
    ...application,
    entry: { 'cli/bin': 'src/cli/bin.ts' },
    esbuildOptions: (options, context) => {
      application.esbuildOptions?.(options, context);
      // Turns the loaders of the commands into `require`: `import()` would start the ES module loader.
      options.supported = { ...options.supported, 'dynamic-import': false };
    },
    esbuildPlugins: [
      {
        name: 'commands-are-bundles-of-their-own',
        setup: (build) => {
          build.onResolve({ filter: /^\.\/commands\// }, ({ path }) => ({
            path: path.replace(/\.js$/, '.cjs'),
            external: true,
          }));
        },
      },
    ],
  },
  {
    ...application,
    entry: Object.fromEntries(
      commands.map((file) => [file.replace(/^src\/|\.ts$/g, ''), file] as const),
    ),
  },
]);
