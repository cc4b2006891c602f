import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from '../platform.js';
import type { ProcessTree } from './ending.js';
import { findOnPath } from './find-program.js';

const programExtensions = ['', '.exe', '.cmd', '.bat'];

/** Windows. */
export class WindowsPlatform implements Platform {
  readonly name = 'windows';
  readonly defaultHome = 'C:\\cycle\\jetpack';
  readonly defaultClusterInit = 'C:\\cluster-init';

  /** Windows keeps no boot id: the minute it booted in, which is the same however late it is asked. */
  bootId(): string {
    return String(Math.round((Date.now() / 1000 - os.uptime()) / 60));
  }

  /** A process cannot be told from a later one of the same number here; a taken number counts as the same process. */
  identify(pid = process.pid): ProcessIdentity | undefined {
    try {
      process.kill(pid, 0);
    } catch {
      return undefined;
    }
    return { pid, started: '', bootId: this.bootId() };
  }

  async scriptCommand(file: string): Promise<Command | undefined> {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (path.basename(file).startsWith('.') || stat?.isFile() !== true) return undefined;
    switch (path.extname(file).toLowerCase()) {
      case '.bat':
      case '.cmd':
        return { file, args: [] };
      case '.ps1':
        return {
          file: 'powershell.exe',
          args: ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', file],
        };
      case '.py':
        return { file: 'python', args: [file] };
      default:
        return undefined;
    }
  }

  async findProgram(
    name: string,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Promise<string | undefined> {
    const folders = (env['PATH'] ?? env['Path'] ?? '').split(';');
    for (const extension of programExtensions) {
      const found = findOnPath(name + extension, folders, isFile);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async run(command: Command, options: RunOptions = {}): Promise<RunResult> {
    const { runChild } = await import('./process.js');
    return runChild(command, options, new WindowsProcessTree());
  }
}

/** `taskkill` walks the tree itself. There is no polite signal for a console program: asking is killing. */
class WindowsProcessTree implements ProcessTree {
  async signal(child: ChildProcess): Promise<void> {
    const { spawn } = await import('node:child_process');
    await new Promise<void>((resolve) => {
      const killer = spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], {
        stdio: 'ignore',
      });
      killer.once('error', () => {
        child.kill();
        resolve();
      });
      killer.once('exit', () => {
        resolve();
      });
    });
  }

  async isRunning(child: ChildProcess): Promise<boolean> {
    return child.exitCode === null && child.signalCode === null;
  }
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
