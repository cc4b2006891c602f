import fs from 'node:fs';

/** One line of the process table. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks from boot to the start of the process. */
  readonly started: bigint;
}

/** A running process by its number; `undefined` when there is none, or only its zombie. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // gone: a process may end between any two calls
  }
  return parseProcessStat(text, pid);
}

/**
 * `/proc/<pid>/stat`, see proc(5): the second field is the program's name in brackets and may hold anything; then state,
 * parent, group, session, and as the 22nd field the start.
 */
export function parseProcessStat(text: string, pid: number): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session] = fields;
  const started = fields[19];
  if (started === undefined || state === 'Z' || state === 'X') return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    started: BigInt(started),
  };
}
