import type { JetpackError } from '../errors.js';
import { Bell } from '../internal/bell.js';
import type { Message, Outcome, Transport } from '../transport.js';
import { BatchDelivery } from './batch-delivery.js';
import type { BatchName } from './batch-name.js';
import type { Failure } from './failure.js';
import { toFailure } from './failure.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { StoredMessage } from './record.js';

/** What became of one message in a pass. */
export type Settlement =
  | { readonly status: 'delivered' }
  | { readonly status: 'aside'; readonly reason: string };

/** What a {@link Pass} works with. */
export interface PassOptions {
  readonly folder: OutboxFolder;
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** Rings when a batch was added by this process, or could not be. */
  readonly added: Bell;
  /** True when it is going to ring. */
  readonly isAdding: () => boolean;
  /** Messages of a batch that are still in memory. */
  readonly recall: (key: string) => readonly StoredMessage[] | undefined;
  /** How often a message was tried since this process began: a failed attempt alone is not worth a write. */
  readonly attemptsOf: (messageId: string) => number;
  /** Told of every attempt that had an outcome, and whether it was the last one. */
  readonly onAttempt: (messageId: string, attempts: number, isLast: boolean) => void;
  readonly onSettled: (messageId: string, settlement: Settlement) => void;
  /** A file that cannot be read, a file that cannot be removed: reported, and the rest flows on. */
  readonly onDamage: (batch: BatchName, damage: string) => void;
  readonly onError: (error: JetpackError | Error) => void;
}

/** No more is under way at once: what a connection carries without waiting, and no more memory than that. */
const window = { messages: 1000, bytes: 16 * 1024 * 1024 };

/**
 * One walk through the queue, oldest first, with many messages under way. It goes on until nothing is left, or until
 * what could be sent has been sent once. Of a routing key that has failed nothing more is sent in this pass, because
 * later messages must not overtake. Its caller holds the outbox's lock.
 */
export class Pass {
  readonly #options: PassOptions;
  readonly #settled = new Bell();
  readonly #idle = new Bell();
  readonly #taken = new Set<string>();
  readonly #failedKeys = new Set<string>();
  readonly #failedExchanges = new Set<string>();
  #messages = 0;
  #bytes = 0;
  #stopped = false;
  #confirmed = 0;
  #failure: Failure | undefined;

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** Messages that were confirmed. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** The last failure; `undefined` when all went well. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  async run(): Promise<void> {
    try {
      while (await this.#walk());
    } finally {
      while (this.#messages > 0) await this.#idle.after(this.#idle.rings);
    }
  }

  /** Takes what is new in the folder; false when there is nothing more to be done. */
  async #walk(): Promise<boolean> {
    const { added, isAdding, folder, signal } = this.#options;
    const seen = added.rings;
    const { batches, superseded, foreign } = await folder.list();
    for (const batch of superseded) await this.#guard(async () => folder.remove(batch));
    for (const name of foreign) await this.#guard(async () => folder.quarantineForeign(name));
    const fresh = batches.filter((batch) => !this.#taken.has(batch.key));
    for (const batch of fresh) await this.#guard(async () => this.#take(batch));
    // After a failure only what was there is finished: the next pass comes back to what failed.
    if (this.#stopped || this.#failure !== undefined || signal.aborted) return false;
    if (fresh.length > 0) return true;
    if (this.#messages === 0 && !isAdding()) return added.rings > seen;
    await Promise.race([added.after(seen), this.#idle.after(this.#idle.rings)]);
    return true;
  }

  async #take(batch: BatchName): Promise<void> {
    if (this.#stopped || this.#options.signal.aborted) return;
    this.#taken.add(batch.key);
    const stored = this.#options.recall(batch.key) ?? (await this.#read(batch));
    const messages = stored.map((one) => this.#withAttempts(one));
    const delivery = new BatchDelivery(this.#options.folder, batch, messages);
    for (const one of messages) {
      await this.#room(one.message);
      if (this.#mayGo(one.message)) this.#send(delivery, one);
      else await this.#close(delivery);
    }
  }

  #withAttempts(stored: StoredMessage): StoredMessage {
    const attempts = this.#options.attemptsOf(stored.message.messageId);
    return attempts > stored.attempts ? { ...stored, attempts } : stored;
  }

  async #read(batch: BatchName): Promise<readonly StoredMessage[]> {
    const { folder, onDamage } = this.#options;
    const decoded = await folder.read(batch);
    if (decoded?.damage === undefined) return decoded?.messages ?? [];
    onDamage(batch, decoded.damage);
    await folder.quarantine(batch, decoded.messages);
    this.#taken.delete(batch.key); // what could be read of it is a batch again
    return [];
  }

  async #room({ body }: Message): Promise<void> {
    const isFull = (): boolean =>
      this.#messages >= window.messages || this.#bytes + body.length > window.bytes;
    while (this.#messages > 0 && isFull()) await this.#settled.after(this.#settled.rings);
  }

  #mayGo({ routingKey, exchange }: Message): boolean {
    return !(
      this.#stopped ||
      this.#options.signal.aborted ||
      this.#failedKeys.has(routingKey) ||
      this.#failedExchanges.has(exchange)
    );
  }

  #send(delivery: BatchDelivery, stored: StoredMessage): void {
    this.#messages++;
    this.#bytes += stored.message.body.length;
    void this.#attempt(delivery, stored);
  }

  async #attempt(delivery: BatchDelivery, stored: StoredMessage): Promise<void> {
    const { transport, signal } = this.#options;
    await this.#guard(async () => {
      let outcome: Outcome;
      try {
        outcome = await transport.send(stored.message, { attempt: stored.attempts + 1, signal });
      } catch (error) {
        this.#fail(stored.message, toFailure(error));
        return this.#close(delivery);
      }
      return this.#settle(delivery, stored, outcome);
    });
    this.#messages--;
    this.#bytes -= stored.message.body.length;
    this.#settled.ring();
    if (this.#messages === 0) this.#idle.ring();
  }

  async #settle(delivery: BatchDelivery, stored: StoredMessage, outcome: Outcome): Promise<void> {
    const { onAttempt } = this.#options;
    const settlement = settlementOf(outcome);
    onAttempt(stored.message.messageId, stored.attempts + 1, settlement !== undefined);
    if (settlement === undefined) delivery.fail(stored);
    else if (settlement.status === 'delivered') delivery.confirm(stored);
    else delivery.refuse(stored, settlement.reason);
    if (settlement?.status === 'delivered') this.#confirmed++;
    if (settlement === undefined && outcome.status !== 'confirmed') {
      this.#failedKeys.add(stored.message.routingKey);
      this.#failure = { reason: outcome.reason, temporary: true };
    }
    try {
      await this.#close(delivery);
    } finally {
      if (settlement !== undefined) this.#options.onSettled(stored.message.messageId, settlement);
    }
  }

  #fail({ exchange }: Message, failure: Failure): void {
    this.#failure = failure;
    // No connection: nothing can go. What stays wrong may concern one exchange only; others are still tried.
    if (failure.temporary) this.#stopped = true;
    this.#failedExchanges.add(exchange);
  }

  async #close(delivery: BatchDelivery): Promise<void> {
    await delivery.close();
    if (delivery.isDone) this.#taken.delete(delivery.batch.key);
  }

  /** What the disk refuses here is known to be sent, and is sent again: reported, and no reason to stop. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const wrapped = error instanceof Error ? error : new Error(String(error));
      this.#failure ??= toFailure(error);
      this.#options.onError(wrapped);
    }
  }
}

/** What an outcome means for the queue; `undefined`: the message is sent again. */
function settlementOf(outcome: Outcome): Settlement | undefined {
  if (outcome.status === 'confirmed') return { status: 'delivered' };
  if (outcome.status === 'rejected' && outcome.permanent) {
    return { status: 'aside', reason: outcome.reason };
  }
  return undefined;
}
