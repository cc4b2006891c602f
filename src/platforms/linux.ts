import fs from 'node:fs';
import path from 'node:path';

import { readError } from '../internal/fs-error.js';
import type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from '../platform.js';
import { findOnPath } from './find-program.js';
import { readProcessStat } from './linux-process.js';

/** Linux, read from /proc. */
export class LinuxPlatform implements Platform {
  readonly name = 'linux';
  readonly defaultHome = '/opt/cycle/jetpack';
  readonly defaultClusterInit = '/mnt/cluster-init';

  bootId(): string {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  }

  identify(pid = process.pid): ProcessIdentity | undefined {
    const stat = readProcessStat(pid);
    return stat && { pid, started: String(stat.started), bootId: this.bootId() };
  }

  async scriptCommand(file: string): Promise<Command | undefined> {
    if (path.basename(file).startsWith('.')) return undefined;
    try {
      return isFile(file) ? commandOf(file) : undefined;
    } catch (error) {
      throw readError(error, file);
    }
  }

  async findProgram(
    name: string,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Promise<string | undefined> {
    return findOnPath(name, (env['PATH'] ?? '').split(':'), isExecutable);
  }

  async run(command: Command, options: RunOptions = {}): Promise<RunResult> {
    const [{ runChild }, { LinuxProcessTree }] = await Promise.all([
      import('./process.js'),
      import('./linux-process-tree.js'),
    ]);
    return runChild(command, options, new LinuxProcessTree());
  }
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

function isExecutable(file: string): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}

function commandOf(file: string): Command | undefined {
  const shebang = readShebang(file);
  // Linux takes a carriage return for a part of the interpreter's name, so a file from Windows is handed over by us.
  if (shebang !== undefined && !shebang.isForeign && isExecutable(file)) return { file, args: [] };
  const extension = path.extname(file);
  const isScript = extension === '.sh' || extension === '.py';
  if (shebang !== undefined && (isScript || isExecutable(file))) {
    // A script that lost its execute bit on the way still says which interpreter it wants.
    return { file: shebang.file, args: [...shebang.args, file] };
  }
  if (!isScript) return undefined;
  return { file: extension === '.sh' ? 'bash' : 'python3', args: [file] };
}

interface Shebang extends Command {
  /** The line ends as lines do on Windows. */
  readonly isForeign: boolean;
}

function readShebang(file: string): Shebang | undefined {
  const handle = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(256); // Linux itself reads no more: BINPRM_BUF_SIZE
    const length = fs.readSync(handle, head);
    const [line = ''] = head.toString('utf8', 0, length).split('\n');
    const match = /^#![ \t]*(\S+)(?:[ \t]+(.*\S))?\s*$/.exec(line);
    if (match?.[1] === undefined) return undefined;
    return {
      file: match[1],
      args: match[2] === undefined ? [] : [match[2]],
      isForeign: line.endsWith('\r'),
    };
  } finally {
    fs.closeSync(handle);
  }
}
