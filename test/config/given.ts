import os from 'node:os';

import { Config } from '../../src/config/config.ts';
import type { ConfigOptions } from '../../src/config/config.ts';
import { systemSource } from '../../src/config/sources/system.ts';
import type { Machine } from '../../src/config/sources/system/machine.ts';
import type { ConfigValue } from '../../src/config/values.ts';
import { toPlain } from '../../src/config/values.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { createTemporaryHome } from '../../src/testing/temporary-home.ts';
import type { TemporaryHome } from '../../src/testing/temporary-home.ts';

/** Files of a machine, by their absolute path. */
export type Files = Readonly<Record<string, string>>;

export const ubuntu: Files = {
  '/etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\nID_LIKE=debian\n',
};

/** A Linux machine that has these files and nothing else; `reads` tells which were read. */
export function createMachine(
  files: Files,
  parts: Partial<Machine> = {},
): Machine & { reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    name: 'linux',
    read: async (file) => {
      reads.push(file);
      return files[file];
    },
    list: async (folder) => [
      ...new Set(Object.keys(files).flatMap((file) => nameIn(folder, file))),
    ],
    run: async () => undefined,
    os: fakeOs({}),
    ...parts,
  };
}

function nameIn(folder: string, file: string): readonly string[] {
  return file.startsWith(`${folder}/`)
    ? file
        .slice(folder.length + 1)
        .split('/')
        .slice(0, 1)
    : [];
}

/** `node:os` of a machine with these interfaces. */
export function fakeOs(interfaces: ReturnType<typeof os.networkInterfaces>): Machine['os'] {
  return {
    ...os,
    machine: () => 'x86_64',
    networkInterfaces: () => interfaces,
    hostname: () => 'WIN7',
  };
}

/** What one system attribute is on a machine. */
export async function collect(key: string, machine: Machine): Promise<ConfigValue | undefined> {
  const source = systemSource({ machine, clock: new ManualClock(), deadline: 2000 });
  const value = await source.collect(key);
  return value === undefined ? undefined : toPlain(value);
}

export interface GivenConfig extends AsyncDisposable {
  readonly config: Config;
  readonly home: TemporaryHome;
}

export type Given = { node?: string | object; configuration?: string | object } & Omit<
  ConfigOptions,
  'home'
>;

/** A `Config` over a home of its own, on a machine that has no files unless one is given. */
export async function createConfig(given: Given): Promise<GivenConfig> {
  const { node, configuration, machine = createMachine({}), ...options } = given;
  const home = await createTemporaryHome();
  if (node !== undefined) await home.write('config/node.json', node);
  if (configuration !== undefined) await home.write('config/configuration.json', configuration);
  const config = new Config({ ...options, machine, home: home.home });
  return { config, home, [Symbol.asyncDispose]: async () => home[Symbol.asyncDispose]() };
}
