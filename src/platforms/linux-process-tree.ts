import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';

import { errnoOf } from '../internal/fs-error.js';
import type { ProcessTree } from './ending.js';
import { readProcessStat } from './linux-process.js';
import type { ProcessStat } from './linux-process.js';
import { carriesMark, childMarkVariable } from './process.js';

/**
 * A child's descendants, by each trace that one can leave: the session and the group that the child leads, the mark in
 * the environment (`setsid` leaves session and group), and the parent (an emptied environment).
 */
export class LinuxProcessTree implements ProcessTree {
  /** When the child began. Nobody older can descend from it, which spares most of the reading. */
  #began: bigint | undefined;

  async signal(child: ChildProcess, mark: string, signal: NodeJS.Signals): Promise<void> {
    const members = this.#members(child, mark);
    const isOutside = (member: ProcessStat): boolean => member.group !== child.pid;
    for (const member of members.filter(isOutside)) send(member.pid, signal);
    // The others by their group, as a whole: a member may have forked since it was listed.
    if (child.pid !== undefined && !members.every(isOutside)) send(-child.pid, signal);
  }

  async isRunning(child: ChildProcess, mark: string): Promise<boolean> {
    return isUnreaped(child) || this.#members(child, mark).length > 0;
  }

  #members(child: ChildProcess, mark: string): ProcessStat[] {
    const root = child.pid;
    if (root === undefined) return [];
    if (isUnreaped(child)) this.#began ??= readProcessStat(root)?.started;
    const began = this.#began ?? 0n;
    const running = processes().filter((one) => one.started >= began && one.pid !== process.pid);
    const members = new Map<number, ProcessStat>();
    for (const one of running) {
      if (one.group === root || one.session === root || carries(one.pid, mark)) {
        members.set(one.pid, one);
      }
    }
    addDescendants(members, running);
    return [...members.values()];
  }
}

/** Until it is reaped its number belongs to nobody else. */
function isUnreaped(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function addDescendants(members: Map<number, ProcessStat>, running: readonly ProcessStat[]): void {
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const one of running) if (members.has(one.parent)) members.set(one.pid, one);
  }
}

function processes(): ProcessStat[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcessStat(Number(name)) ?? []);
}

function carries(pid: number, mark: string): boolean {
  const prefix = `${childMarkVariable}=`;
  try {
    const entries = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const value = entries.find((entry) => entry.startsWith(prefix))?.slice(prefix.length);
    return value !== undefined && carriesMark(value, mark);
  } catch {
    return false; // gone, or somebody else's: then only its session, group or parent can tell
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: gone. EPERM: it became another user, as a setuid program does; it is seen as still running.
    const code = errnoOf(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
