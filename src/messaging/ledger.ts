import path from 'node:path';

import { writeFileAtomic } from '../internal/atomic-file.js';
import type { Disk } from '../internal/disk.js';
import { isJsonObject } from '../internal/json.js';
import { readStateFile } from '../internal/state-file.js';
import type { Counts } from './batch-name.js';

/** Messages that are to be taken out of one file: the oldest ones of each priority. */
export interface Drop {
  readonly name: string;
  readonly counts: Counts;
}

/** What has been shed from an outbox since it began. */
export interface LedgerState {
  /** Messages shed, the pending ones included. */
  readonly shed: number;
  /** How many of them the server has been told about. */
  readonly reported: number;
  /** Counted already, perhaps not taken out yet: a crash came between. To be finished before anything else. */
  readonly pending: readonly Drop[];
}

const empty: LedgerState = { shed: 0, reported: 0, pending: [] };

/** Keeps the count of shed messages over crashes: counted first, taken out then, so that none goes uncounted. */
export class Ledger {
  readonly #file: string;
  readonly #disk: Disk;

  constructor(root: string, disk: Disk) {
    this.#file = path.join(root, 'shed.json');
    this.#disk = disk;
  }

  /** A damaged file counts as none: it must not keep messages from being delivered. */
  async read(): Promise<LedgerState> {
    const file = await readStateFile(this.#file);
    return file.state === 'read' && isLedger(file.value) ? file.value : empty;
  }

  async write(state: LedgerState): Promise<void> {
    await writeFileAtomic(this.#file, `${JSON.stringify(state)}\n`, { disk: this.#disk });
  }

  /** The server is being told about that many. The caller holds the outbox's lock. */
  async setReported(reported: number): Promise<void> {
    await this.write({ ...(await this.read()), reported });
  }
}

function isLedger(value: unknown): value is LedgerState {
  return (
    isJsonObject(value) &&
    Number.isSafeInteger(value['shed']) &&
    Number.isSafeInteger(value['reported']) &&
    Array.isArray(value['pending']) &&
    value['pending'].every(isDrop)
  );
}

function isDrop(value: unknown): value is Drop {
  if (!isJsonObject(value) || typeof value['name'] !== 'string') return false;
  const counts = value['counts'];
  return (
    isJsonObject(counts) &&
    ['low', 'medium', 'high'].every((priority) => Number.isSafeInteger(counts[priority]))
  );
}
