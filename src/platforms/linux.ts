import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { errnoOf } from '../internal/fs-error.js';
import type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from '../platform.js';
import { findOnPath } from './find-program.js';
import type { ProcessTree } from './process.js';

/** Linux, read from /proc. */
export class LinuxPlatform implements Platform {
  readonly name = 'linux';
  readonly defaultHome = '/opt/cycle/jetpack';
  readonly defaultClusterInit = '/mnt/cluster-init';

  bootId(): string {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  }

  identify(pid = process.pid): ProcessIdentity | undefined {
    const stat = readOrUndefined(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    // proc(5): the second field is the program's name in brackets and may hold anything; state is the third field,
    // the start time in clock ticks since boot the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    if (started === undefined || state === 'Z' || state === 'X') return undefined;
    return { pid, started, bootId: this.bootId() };
  }

  async scriptCommand(file: string): Promise<Command | undefined> {
    if (path.basename(file).startsWith('.') || !isFile(file)) return undefined;
    const shebang = readShebang(file);
    if (shebang !== undefined && isExecutable(file)) return { file, args: [] };
    const extension = path.extname(file);
    // A script that lost its execute bit on the way still says which interpreter it wants.
    if (extension !== '.sh' && extension !== '.py') return undefined;
    if (shebang !== undefined) return { file: shebang.file, args: [...shebang.args, file] };
    return { file: extension === '.sh' ? 'bash' : 'python3', args: [file] };
  }

  async findProgram(
    name: string,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Promise<string | undefined> {
    return findOnPath(name, (env['PATH'] ?? '').split(':'), isExecutable);
  }

  async run(command: Command, options: RunOptions = {}): Promise<RunResult> {
    const { childMarkerVariable, runChild } = await import('./process.js');
    return runChild(command, options, new LinuxProcessTree(childMarkerVariable));
  }
}

/** A child's process group, and whoever carries its marker in the environment (`setsid` leaves the group). */
class LinuxProcessTree implements ProcessTree {
  readonly #variable: string;

  constructor(variable: string) {
    this.#variable = variable;
  }

  async signal(child: ChildProcess, marker: string, signal: NodeJS.Signals): Promise<void> {
    // First those who left, then the group: a parent that dies first could start others in between.
    for (const pid of this.#carriers(marker)) send(pid, signal);
    if (child.pid !== undefined) send(-child.pid, signal);
  }

  async isRunning(child: ChildProcess, marker: string): Promise<boolean> {
    const childRuns = child.exitCode === null && child.signalCode === null;
    return childRuns || this.#carriers(marker).length > 0;
  }

  #carriers(marker: string): number[] {
    const entry = `${this.#variable}=${marker}`;
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => readOrUndefined(`/proc/${name}/environ`)?.split('\0').includes(entry))
      .map(Number);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/** A file of /proc: its process may be gone, or belong to somebody else, at any moment. */
function readOrUndefined(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

function isExecutable(file: string): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
}

function readShebang(file: string): Command | undefined {
  const handle = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(256); // Linux itself reads no more: BINPRM_BUF_SIZE
    const length = fs.readSync(handle, head);
    const [line = ''] = head.toString('utf8', 0, length).split('\n');
    const match = /^#!\s*(\S+)(?:\s+(.*\S))?\s*$/.exec(line);
    if (match?.[1] === undefined) return undefined;
    return { file: match[1], args: match[2] === undefined ? [] : [match[2]] };
  } finally {
    fs.closeSync(handle);
  }
}
