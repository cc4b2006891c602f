import { UsageError } from '../errors.js';
import type { BatchName, Counts } from './batch-name.js';
import { minus, noCounts, plus, total } from './batch-name.js';

/**
 * How much may wait in an outbox.
 *
 * @public
 */
export interface OutboxBounds {
  /** How many may wait, of all priorities together. @defaultValue 10 000 */
  readonly messages: number;
  /** Bytes of the files, which hold a few hundred bytes a message beside the body. @defaultValue 64 MiB */
  readonly bytes: number;
  /** Milliseconds; what is older and could not be delivered is shed, whatever its priority. @defaultValue 7 days */
  readonly age: number;
}

/** What somebody wants to add, or what is there. */
export interface Load {
  readonly messages: number;
  readonly bytes: number;
}

const defaults: OutboxBounds = {
  messages: 10_000,
  bytes: 64 * 1024 * 1024,
  age: 7 * 24 * 60 * 60 * 1000,
};

/** Fills in the defaults. */
export function completeBounds(bounds: Partial<OutboxBounds> = {}): OutboxBounds {
  const complete = { ...defaults, ...bounds };
  const units = { messages: 'messages', bytes: 'bytes', age: 'milliseconds' } as const;
  for (const name of ['messages', 'bytes', 'age'] as const) {
    const value = complete[name];
    if (value > 0) continue;
    throw new UsageError(
      `the outbox bound ${name} must be a positive number of ${units[name]}, got ${value}`,
    );
  }
  return complete;
}

/** All that lies in these files. */
export function loadOf(batches: readonly BatchName[]): Load {
  return {
    messages: batches.reduce((all, batch) => all + total(batch.counts), 0),
    bytes: batches.reduce((all, batch) => all + batch.bytes, 0),
  };
}

/** Both together. */
export function sum(one: Load, other: Load): Load {
  return { messages: one.messages + other.messages, bytes: one.bytes + other.bytes };
}

/** Whether a load is within the bounds, or a multiple of them. */
export function fits(load: Load, bounds: OutboxBounds, factor = 1): boolean {
  return load.messages <= bounds.messages * factor && load.bytes <= bounds.bytes * factor;
}

/** One batch, and how many of its oldest messages of each priority go. */
export interface PlannedDrop {
  readonly batch: BatchName;
  readonly counts: Counts;
}

/** What {@link planDrops} decides on. */
export interface Situation {
  /** Oldest first. */
  readonly batches: readonly BatchName[];
  readonly bounds: OutboxBounds;
  readonly now: number;
  /** Room that is needed; absent: only the bounds themselves are kept. */
  readonly demand?: Load;
}

/**
 * What is shed: everything too old, then low priority, oldest first, as much as needed and no more. When even all of the
 * low priority would not make the room that is asked for, none of it is shed for that.
 */
export function planDrops({ batches, bounds, now, demand }: Situation): PlannedDrop[] {
  const expired = batches.filter((batch) => batch.time < now - bounds.age);
  const young = batches.filter((batch) => batch.time >= now - bounds.age);
  const drops = expired.map((batch) => ({ batch, counts: batch.counts }));
  const low = planLow(young, excess(sum(loadOf(young), demand ?? noLoad), bounds));
  return low.enough || demand === undefined ? [...drops, ...low.drops] : drops;
}

const noLoad: Load = { messages: 0, bytes: 0 };

function excess(load: Load, bounds: OutboxBounds): Load {
  return { messages: load.messages - bounds.messages, bytes: load.bytes - bounds.bytes };
}

function planLow(
  batches: readonly BatchName[],
  over: Load,
): { drops: PlannedDrop[]; enough: boolean } {
  const drops: PlannedDrop[] = [];
  let { messages, bytes } = over;
  for (const batch of batches) {
    if (messages <= 0 && bytes <= 0) break;
    // Names tell the size of a file, not of a message: its messages are taken to be alike.
    const each = batch.bytes / total(batch.counts);
    const wanted = Math.max(messages, Math.ceil(bytes / each));
    const low = Math.min(batch.counts.low, wanted);
    if (low === 0) continue;
    drops.push({ batch, counts: { ...noCounts, low } });
    messages -= low;
    bytes -= low * each;
  }
  return { drops, enough: messages <= 0 && bytes <= 0 };
}

/** What the planned drops take away. */
export function dropped(drops: readonly { readonly counts: Counts }[]): Counts {
  return drops.reduce((all, drop) => plus(all, drop.counts), noCounts);
}

/** Whether nothing is left of a batch. */
export function takesAll({ batch, counts }: PlannedDrop): boolean {
  return total(minus(batch.counts, counts)) === 0;
}
