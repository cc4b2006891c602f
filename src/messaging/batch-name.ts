import type { Priority } from '../transport.js';

/** How many messages of each priority. */
export type Counts = Readonly<Record<Priority, number>>;

/**
 * A file of the outbox, as its name tells it: `<ms>-<pid>-<tag>-<sequence>.<low>-<medium>-<high>.<bytes>.msg`. Names
 * sort by time, and carry what the bounds and the summary need, so that nobody opens files to count.
 */
export interface BatchName {
  /** The whole file name. */
  readonly name: string;
  /** All before the first dot: which batch it is, whatever is left of it. Sorts by time. */
  readonly key: string;
  /** When it was accepted: milliseconds since 1970. */
  readonly time: number;
  /** The process that wrote it. */
  readonly pid: number;
  readonly counts: Counts;
  /** Size of the file. */
  readonly bytes: number;
}

const pattern =
  /^((\d{13})-(\d{1,10})-[0-9a-z]{6}-\d{9})\.(\d{1,9})-(\d{1,9})-(\d{1,9})\.(\d{1,15})\.msg$/;

const latestTime = 9_999_999_999_999; // 13 digits: the year 2286

/** Reads a name; `undefined` when it is none of ours. */
export function parseBatchName(name: string): BatchName | undefined {
  const match = pattern.exec(name);
  if (match?.[1] === undefined) return undefined;
  const number = (group: number): number => Number(match[group]);
  return {
    name,
    key: match[1],
    time: number(2),
    pid: number(3),
    counts: { low: number(4), medium: number(5), high: number(6) },
    bytes: number(7),
  };
}

/** The same batch with other content: what is left of it, for example. */
export function renamed(
  batch: Pick<BatchName, 'key'>,
  content: Pick<BatchName, 'counts' | 'bytes'>,
): BatchName {
  const { low, medium, high } = content.counts;
  const [time = '', pid = ''] = batch.key.split('-');
  return {
    name: `${batch.key}.${low}-${medium}-${high}.${content.bytes}.msg`,
    key: batch.key,
    time: Number(time),
    pid: Number(pid),
    counts: content.counts,
    bytes: content.bytes,
  };
}

/** All messages together. */
export function total(counts: Counts): number {
  return counts.low + counts.medium + counts.high;
}

/** What both have together. */
export function plus(one: Counts, other: Counts): Counts {
  return {
    low: one.low + other.low,
    medium: one.medium + other.medium,
    high: one.high + other.high,
  };
}

/** What is left of one without the other. */
export function minus(one: Counts, other: Counts): Counts {
  return {
    low: Math.max(0, one.low - other.low),
    medium: Math.max(0, one.medium - other.medium),
    high: Math.max(0, one.high - other.high),
  };
}

export const noCounts: Counts = { low: 0, medium: 0, high: 0 };

// One for the whole process: two outboxes in it that begin in the same millisecond still differ.
let sequence = 0;

/**
 * Gives names that no other process, thread or container gives too, later ones sorting behind earlier ones even when the
 * clock steps back.
 */
export class BatchKeys {
  readonly #now: () => number;
  readonly #tag: string;
  #last = 0;

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    // Process numbers repeat: after a reboot, and from container to container over the same folder.
    this.#tag = Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0');
  }

  /** The next key. With a time it sorts there: for what is left of an older batch. */
  next(time = this.#advance()): string {
    sequence = (sequence + 1) % 1_000_000_000;
    const stamp = String(Math.min(latestTime, time)).padStart(13, '0');
    return `${stamp}-${process.pid}-${this.#tag}-${String(sequence).padStart(9, '0')}`;
  }

  #advance(): number {
    this.#last = Math.max(this.#last, Math.floor(this.#now()), 0);
    return this.#last;
  }
}
