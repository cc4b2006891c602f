import fs from 'node:fs/promises';

import { writeFileAtomic } from '../internal/atomic-file.js';
import { writeError } from '../internal/fs-error.js';
import { isTime, membersOf, readStateFile } from '../internal/state-file.js';
import type { Verdict } from './check.js';
import type { CheckHistory, HoldCause } from './policy.js';

/** What is remembered of one check from round to round. Times are the wall clock's, milliseconds since 1970. */
export interface CheckMemory {
  readonly history: CheckHistory;
  /** The message of the latest result. */
  readonly message: string;
  /** When the server was last told that the check is unknown. */
  readonly unknownReported?: number;
  /** Why its request is being held back, as the server was last told. */
  readonly held?: HoldCause;
}

/** What is remembered from round to round. */
export interface HealthMemory {
  /** When the node asked for its end within the last day, over all checks. */
  readonly requests: readonly number[];
  readonly checks: ReadonlyMap<string, CheckMemory>;
}

/** A memory, and why it begins anew, if it does. */
export interface LoadedMemory {
  readonly memory: HealthMemory;
  readonly damage?: string;
}

const empty: HealthMemory = { requests: [], checks: new Map() };
const verdicts: ReadonlySet<unknown> = new Set<Verdict>(['healthy', 'unhealthy', 'unknown']);
const causes: ReadonlySet<unknown> = new Set<HoldCause>([
  'threshold',
  'flapping',
  'keepalive',
  'budget',
]);

/** Reads the memory. A damaged one is as good as none: the checks will say again what they have to say. */
export async function loadMemory(file: string): Promise<LoadedMemory> {
  const content = await readStateFile(file);
  if (content.state === 'absent') return { memory: empty };
  if (content.state === 'damaged') return { memory: empty, damage: content.why };
  const memory = readMemory(content.value);
  return memory === undefined ? { memory: empty, damage: 'it has another shape' } : { memory };
}

/** Puts a damaged memory out of the way, where somebody can still look at it. */
export async function setAside(file: string): Promise<string> {
  const aside = `${file}.damaged`;
  try {
    await fs.rename(file, aside);
  } catch (error) {
    throw writeError(error, aside);
  }
  return aside;
}

/** Writes the memory, whole or not at all. */
export async function saveMemory(file: string, memory: HealthMemory): Promise<void> {
  // A list, so that a check may have any name.
  const checks = Array.from(memory.checks, ([check, rest]) => Object.assign({ check }, rest));
  const content = JSON.stringify({ version: 1, requests: memory.requests, checks });
  await writeFileAtomic(file, `${content}\n`);
}

function readMemory(value: unknown): HealthMemory | undefined {
  const members = membersOf(value);
  const [requests, checks] = [members.get('requests'), members.get('checks')];
  if (!Array.isArray(requests) || !requests.every(isTime) || !Array.isArray(checks))
    return undefined;
  const read = checks.map(readCheck);
  if (!read.every((one) => one !== undefined)) return undefined;
  return { requests, checks: new Map(read) };
}

function readCheck(value: unknown): [string, CheckMemory] | undefined {
  const members = membersOf(value);
  const [check, message] = [members.get('check'), members.get('message')];
  const history = readHistory(members.get('history'));
  const [reported, held] = [members.get('unknownReported'), members.get('held')];
  if (typeof check !== 'string' || typeof message !== 'string' || !history) return undefined;
  return [
    check,
    {
      history,
      message,
      ...(isTime(reported) ? { unknownReported: reported } : {}),
      ...(isCause(held) ? { held } : {}),
    },
  ];
}

function readHistory(value: unknown): CheckHistory | undefined {
  const members = membersOf(value);
  const [results, failures] = [members.get('results'), members.get('failures')];
  const requested = members.get('requested');
  const isWhole =
    Array.isArray(results) && Number.isSafeInteger(failures) && typeof requested === 'boolean';
  if (!isWhole) return undefined;
  const read = results.flatMap((result) => readResult(result) ?? []);
  return read.length === results.length
    ? { results: read, failures: Number(failures), requested }
    : undefined;
}

function readResult(value: unknown): { time: number; verdict: Verdict } | undefined {
  const members = membersOf(value);
  const [time, verdict] = [members.get('time'), members.get('verdict')];
  return isTime(time) && isVerdict(verdict) ? { time, verdict } : undefined;
}

function isVerdict(value: unknown): value is Verdict {
  return verdicts.has(value);
}

function isCause(value: unknown): value is HoldCause {
  return causes.has(value);
}
