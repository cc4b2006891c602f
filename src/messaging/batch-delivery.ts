import type { BatchName } from './batch-name.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { StoredMessage } from './record.js';

/**
 * Keeps account of one batch while its messages are under way: which are left, which go aside. What was confirmed is
 * forgotten on the disk when nothing of the batch is open any more, in one step.
 */
export class BatchDelivery {
  readonly batch: BatchName;
  readonly #folder: OutboxFolder;
  readonly #left: Map<string, StoredMessage>;
  readonly #aside: StoredMessage[] = [];
  #open: number;
  #touched = false;

  constructor(folder: OutboxFolder, batch: BatchName, messages: readonly StoredMessage[]) {
    this.#folder = folder;
    this.batch = batch;
    this.#left = new Map(messages.map((stored) => [stored.message.messageId, stored]));
    this.#open = messages.length;
  }

  confirm(stored: StoredMessage): void {
    this.#left.delete(stored.message.messageId);
    this.#touched = true;
  }

  /** Never to be sent again: it goes to `bad/` with the reason. */
  refuse(stored: StoredMessage, reason: string): void {
    this.#left.delete(stored.message.messageId);
    this.#aside.push({ ...stored, attempts: stored.attempts + 1, reason });
    this.#touched = true;
  }

  /** To be sent again; the attempt counts. */
  fail(stored: StoredMessage): void {
    const { messageId } = stored.message;
    this.#left.set(messageId, { ...stored, attempts: stored.attempts + 1 });
  }

  /** One message less is open. With the last one the batch is rewritten or removed. */
  async close(): Promise<void> {
    this.#open--;
    if (this.#open > 0) return;
    // First there twice, then here no more: a crash in between repeats it and loses nothing.
    if (this.#aside.length > 0) await this.#folder.setAside(this.batch, this.#aside);
    if (this.#touched) await this.#folder.shrink(this.batch, [...this.#left.values()]);
  }

  /** True when nothing of it is to be sent again. */
  get isDone(): boolean {
    return this.#open === 0 && this.#left.size === 0;
  }
}
