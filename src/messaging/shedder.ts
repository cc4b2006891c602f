import type { Clock } from '../clock.js';
import { total } from './batch-name.js';
import type { Load, OutboxBounds, PlannedDrop } from './bounds.js';
import { dropped, planDrops, takesAll } from './bounds.js';
import type { Drop, Ledger } from './ledger.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { StoredMessage } from './record.js';

/** What {@link Shedder} works on. */
export interface ShedderOptions {
  readonly folder: OutboxFolder;
  readonly ledger: Ledger;
  readonly bounds: OutboxBounds;
  readonly clock: Clock;
}

/** A drop, with what is left of its batch. */
interface PreparedDrop extends PlannedDrop {
  readonly rest: readonly StoredMessage[];
}

/** Keeps an outbox within its bounds. Its callers hold the outbox's lock. */
export class Shedder {
  readonly #options: ShedderOptions;

  constructor(options: ShedderOptions) {
    this.#options = options;
  }

  /** Sheds what is too old and what is too much; with a demand, makes that much room if it can. */
  async enforce(demand?: Load): Promise<void> {
    await this.#finishPending();
    const { folder, bounds, clock } = this.#options;
    const { batches } = await folder.list();
    const situation = { batches, bounds, now: clock.now() };
    const drops = planDrops(demand === undefined ? situation : { ...situation, demand });
    await this.#execute(drops);
  }

  async #execute(drops: readonly PlannedDrop[]): Promise<void> {
    const prepared: PreparedDrop[] = [];
    for (const drop of drops) {
      const rest = await this.#restOf(drop);
      if (rest !== undefined) prepared.push({ ...drop, rest });
    }
    if (prepared.length === 0) return;
    const { folder, ledger } = this.#options;
    const before = await ledger.read();
    const shed = before.shed + total(dropped(prepared));
    const pending = prepared.map(({ batch, counts }): Drop => ({ name: batch.name, counts }));
    await ledger.write({ ...before, shed, pending });
    for (const { batch, rest } of prepared) await folder.shrink(batch, rest);
    await ledger.write({ ...before, shed, pending: [] });
  }

  /** What was counted before a crash, and is still there, goes now; it is not counted twice. */
  async #finishPending(): Promise<void> {
    const { folder, ledger } = this.#options;
    const state = await ledger.read();
    if (state.pending.length === 0) return;
    const { batches } = await folder.list();
    for (const { name, counts } of state.pending) {
      const batch = batches.find((one) => one.name === name);
      if (batch === undefined) continue;
      const rest = await this.#restOf({ batch, counts });
      if (rest !== undefined) await folder.shrink(batch, rest);
    }
    await ledger.write({ ...state, pending: [] });
  }

  /** `undefined` when the batch cannot be read: then it is for the quarantine, and not shed. */
  async #restOf(drop: PlannedDrop): Promise<readonly StoredMessage[] | undefined> {
    if (takesAll(drop)) return [];
    const decoded = await this.#options.folder.read(drop.batch);
    if (decoded === undefined || decoded.damage !== undefined) return undefined;
    const left = { ...drop.counts };
    return decoded.messages.filter(({ message }) => {
      const goes = left[message.priority] > 0;
      if (goes) left[message.priority]--;
      return !goes;
    });
  }
}
