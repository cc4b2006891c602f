import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { errnoOf } from '../../../internal/fs-error.js';
import type { Command, Platform } from '../../../platform.js';

/**
 * Everything the system attributes are read from. A recorded tree of `/proc`, `/sys` and `/etc` and a few facts make a
 * machine too, which is how other machines than this one are tested.
 *
 * @public
 */
export interface Machine {
  /** Decides which files and programs are asked: Windows has no `/proc`. */
  readonly name: Platform['name'];
  /** Text of a file by its absolute path; `undefined` when it is not there. Rejects when it cannot be read. */
  read(file: string): Promise<string | undefined>;
  /** Names in a folder; none when it is not there. */
  list(folder: string): Promise<readonly string[]>;
  /** Standard output of a program; `undefined` when there is no such program or it failed. */
  run(command: Command, signal: AbortSignal): Promise<string | undefined>;
  /** What the operating system itself tells, in the shapes of `node:os`. */
  readonly os: Pick<
    typeof os,
    'hostname' | 'release' | 'version' | 'machine' | 'networkInterfaces' | 'uptime'
  >;
}

/** Options of {@link localMachine}. */
export interface LocalMachineOptions {
  /** Where `/proc`, `/sys` and `/etc` are. */
  readonly root: string;
  /** How programs are run; without it none is. */
  readonly platform: Pick<Platform, 'name' | 'run'> | undefined;
}

/**
 * The machine this process runs on. Files are read at once, not through the thread pool: those of `/proc`, `/sys` and
 * `/etc` are small and local, it saves 2 ms at start, and a thread that hangs in a read would keep the process from
 * ending. What may hang, a mount of others for example, has to be asked through a program, which can be ended.
 */
export function localMachine({ root, platform }: LocalMachineOptions): Machine {
  return {
    name: platform?.name ?? (process.platform === 'win32' ? 'windows' : 'linux'),
    read: async (file) => ifThere(() => fs.readFileSync(path.join(root, file), 'utf8'), undefined),
    list: async (folder) => ifThere(() => fs.readdirSync(path.join(root, folder)), []),
    run: async (command, signal) =>
      platform === undefined ? undefined : run(platform, command, signal),
    os,
  };
}

function ifThere<T, U>(work: () => T, otherwise: U): T | U {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return otherwise;
    throw error;
  }
}

async function run(
  platform: Pick<Platform, 'run'>,
  command: Command,
  signal: AbortSignal,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  const onOutput = (chunk: Uint8Array, stream: string): void => {
    if (stream === 'stdout') chunks.push(chunk);
  };
  try {
    const { exitCode } = await platform.run(command, { signal, onOutput });
    return exitCode === 0 ? Buffer.concat(chunks).toString('utf8') : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_JETPACK_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

/** The same machine, reading each file at most once. */
export function remembering(machine: Machine): Machine {
  const files = new Map<string, Promise<string | undefined>>();
  return {
    name: machine.name,
    os: machine.os,
    read: async (file) => {
      const known = files.get(file) ?? machine.read(file);
      files.set(file, known);
      return known;
    },
    list: async (folder) => machine.list(folder),
    run: async (command, signal) => machine.run(command, signal),
  };
}
