import { JetpackError, TemporaryError } from '../errors.js';
import type { Message } from '../transport.js';
import type { BatchName } from './batch-name.js';
import type { Load, OutboxBounds } from './bounds.js';
import { fits, loadOf, sum } from './bounds.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { OutboxLock } from './outbox-lock.js';
import type { EncodedBatch, StoredMessage } from './record.js';
import { encodeBatch, recordOverhead } from './record.js';
import type { Shedder } from './shedder.js';

/** What {@link OutboxWriter} writes with. */
export interface OutboxWriterOptions {
  readonly folder: OutboxFolder;
  readonly lock: OutboxLock;
  readonly shedder: Shedder;
  readonly bounds: OutboxBounds;
  /** Told of every batch just before it appears in the folder. */
  readonly onBatch: (key: string, messages: readonly StoredMessage[]) => void;
  /** Told of the end of every commit, whatever came of it. */
  readonly onCommit: () => void;
}

interface Waiting {
  readonly message: Message;
  readonly resolve: (batch: BatchName) => void;
  readonly reject: (error: unknown) => void;
}

/** A file holds no more than that, but always one message: so that reading one never takes much memory. */
const largestBatch: Load = { messages: 1000, bytes: 4 * 1024 * 1024 };

/**
 * While somebody holds the lock nobody else can shed; he does so when he is done. Until then this much more is taken,
 * as long as there is low priority to be shed.
 */
const patience = 1.25;

/**
 * Accepts messages durably. While one batch is on its way to the disk the next one gathers: a burst shares one file and
 * one fsync, and a single message waits for nobody.
 */
export class OutboxWriter {
  readonly #options: OutboxWriterOptions;
  #gathering: Waiting[] = [];
  #work: Promise<void> | undefined;

  constructor(options: OutboxWriterOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the message is in the outbox for good.
   *
   * @throws JetpackError `ERR_JETPACK_OUTBOX_FULL`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
   */
  async accept(message: Message): Promise<BatchName> {
    return new Promise((resolve, reject) => {
      this.#gathering.push({ message, resolve, reject });
      this.#work ??= this.#run();
    });
  }

  /** True while something is on its way to the disk: the end of that is told. */
  get isBusy(): boolean {
    return this.#work !== undefined;
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // those who call in the same turn belong to the same batch
    while (this.#gathering.length > 0) {
      await this.#commit(this.#takeBatch());
      if (this.#gathering.length === 0) this.#work = undefined;
      this.#options.onCommit();
    }
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    const end = this.#gathering.findIndex(({ message }, index) => {
      bytes += message.body.length + recordOverhead;
      return index > 0 && (index >= largestBatch.messages || bytes > largestBatch.bytes);
    });
    return this.#gathering.splice(0, end < 0 ? this.#gathering.length : end);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const stored = batch.map(({ message }) => ({ message, attempts: 0 }));
      const content = encodeBatch(stored);
      await this.#admit(content);
      const key = this.#options.folder.keys.next();
      this.#options.onBatch(key, stored);
      const name = await this.#options.folder.add(key, content);
      for (const { resolve } of batch) resolve(name);
    } catch (error) {
      await this.#commitParts(batch, error);
    }
  }

  /** What is too much together may fit in part: the first ones are taken, the last ones are refused. */
  async #commitParts(batch: readonly Waiting[], error: unknown): Promise<void> {
    const isFull = error instanceof JetpackError && error.code === 'ERR_JETPACK_OUTBOX_FULL';
    if (!isFull || batch.length === 1) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await this.#commit(batch.slice(0, half));
    await this.#commit(batch.slice(half));
  }

  async #admit(content: EncodedBatch): Promise<void> {
    const { folder, lock, shedder, bounds } = this.#options;
    const { low, medium, high } = content.counts;
    const demand = { messages: low + medium + high, bytes: content.bytes };
    const load = await this.#load();
    // A single message larger than the bound is better in an empty outbox than lost.
    if (load.messages === 0 && demand.messages === 1) return;
    if (fits(sum(load, demand), bounds)) return;
    const shed = await lock.tryRun('shedding messages', async () => shedder.enforce(demand));
    const { batches } = await folder.list();
    const left = loadOf(batches);
    if (fits(sum(left, demand), bounds)) return;
    const isSheddable = batches.some((batch) => batch.counts.low > 0);
    if (!shed.ran && isSheddable && fits(sum(left, demand), bounds, patience)) return;
    throw fullError(left, bounds);
  }

  async #load(): Promise<Load> {
    return loadOf((await this.#options.folder.list()).batches);
  }
}

function fullError(load: Load, bounds: OutboxBounds): TemporaryError {
  return new TemporaryError(
    'ERR_JETPACK_OUTBOX_FULL',
    `cannot queue the message: the outbox holds ${load.messages} of ${bounds.messages} messages, ` +
      `${load.bytes} of ${bounds.bytes} bytes, and nothing of low priority that could be shed`,
    { hint: 'find out why nothing is delivered: jetpack outbox' },
  );
}
