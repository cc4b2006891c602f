import { Bell } from '../internal/bell.js';
import type { Message, Outcome } from '../transport.js';
import { BatchDelivery } from './batch-delivery.js';
import type { BatchName } from './batch-name.js';
import type { Entry } from './entry.js';
import type { Failure } from './failure.js';
import { toFailure } from './failure.js';
import type { PassOptions } from './pass-options.js';
import type { StoredMessage } from './record.js';
import { settlementOf } from './settlement.js';

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
  readonly #forgot = new Bell();
  readonly #taken = new Set<string>();
  readonly #early = new Map<string, Entry>();
  readonly #failedKeys = new Set<string>();
  readonly #failedExchanges = new Set<string>();
  #underWay = 0;
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
      await this.#ended();
      await this.#guard(async () => this.#takeEarly());
      await this.#ended();
      this.#early.clear();
      this.#forgot.ring();
    }
  }

  /** Resolves when what was told to be delivered has no file any more. */
  async forgotten(): Promise<void> {
    const left = [...this.#early].filter(([, entry]) => entry.isDelivered);
    while (left.some(([messageId]) => this.#early.has(messageId))) {
      await this.#forgot.after(this.#forgot.rings);
    }
  }

  async #ended(): Promise<void> {
    while (this.#underWay > 0) await this.#options.added.after(this.#options.added.rings);
  }

  /** Takes what is new in the folder; false when there is nothing more to be done. */
  async #walk(): Promise<boolean> {
    const { added, isAdding, folder } = this.#options;
    const seen = added.rings;
    // Before the look into the folder: what was accepted earlier, by whomever, goes first.
    const claimed = this.#claim();
    const { batches, superseded, foreign } = await folder.list();
    for (const batch of superseded) await this.#guard(async () => folder.remove(batch));
    for (const name of foreign) await this.#guard(async () => folder.quarantineForeign(name));
    const fresh = batches.filter((batch) => !this.#taken.has(batch.key));
    for (const batch of fresh) {
      if (this.#stopped || this.#options.signal.aborted) break;
      await this.#guard(async () => this.#take(batch));
    }
    for (const entry of claimed) {
      await this.#room(entry.message);
      this.#launch(entry);
    }
    // After a failure only what was there is finished: the next pass comes back to what failed.
    if (this.#isOver) return false;
    if (fresh.length > 0 || claimed.length > 0) return true;
    if (this.#underWay === 0 && !isAdding()) return added.rings > seen;
    await added.after(seen);
    return true;
  }

  get #isOver(): boolean {
    return this.#stopped || this.#failure !== undefined || this.#options.signal.aborted;
  }

  #claim(): readonly Entry[] {
    if (this.#isOver) return [];
    const claimed = this.#options.claim();
    for (const entry of claimed) this.#early.set(entry.message.messageId, entry);
    return claimed;
  }

  async #take(batch: BatchName): Promise<void> {
    this.#taken.add(batch.key);
    const stored = this.#options.recall(batch.key) ?? (await this.#read(batch));
    const messages = stored.map((one) => this.#withAttempts(one));
    const delivery = new BatchDelivery(this.#options.folder, batch, messages);
    for (const one of messages) {
      await this.#room(one.message);
      const entry = this.#early.get(one.message.messageId);
      if (entry !== undefined) this.#join(delivery, one, entry);
      else if (this.#mayGo(one.message)) this.#start(delivery, one);
      else await this.#close(delivery);
    }
  }

  #start(delivery: BatchDelivery, stored: StoredMessage): void {
    this.#track(async () => {
      const outcome = await this.#attempt(stored);
      try {
        await this.#settle(delivery, stored, outcome);
      } finally {
        this.#tell(stored.message, outcome);
      }
    });
  }

  /** What was sent early has its file now. */
  #join(delivery: BatchDelivery, stored: StoredMessage, entry: Entry): void {
    this.#launch(entry);
    this.#track(async () => {
      const outcome = await entry.landed;
      try {
        await this.#settle(delivery, stored, outcome);
      } finally {
        this.#early.delete(stored.message.messageId);
        this.#forgot.ring();
        if (!entry.isDelivered) this.#tell(stored.message, outcome);
      }
    });
  }

  #tell({ messageId }: Message, outcome: Outcome | undefined): void {
    const settlement = outcome && settlementOf(outcome);
    if (settlement !== undefined) this.#options.onSettled(messageId, settlement);
  }

  /** Sends what has no file yet, or none that was seen. */
  #launch(entry: Entry): void {
    const { message } = entry;
    if (!entry.isClaimed) return;
    if (!this.#mayGo(message)) return this.#ground(entry);
    entry.takeOff();
    this.#track(async () => {
      const outcome = await this.#attempt({ message, attempts: 0 });
      entry.land(outcome);
      if (entry.isDelivered) this.#tell(message, outcome);
      // Without a file there is nothing to be taken out; what was refused gets one, to be set aside.
      const isAside = outcome?.status === 'rejected' && outcome.permanent;
      if (entry.key === undefined && !isAside) this.#early.delete(message.messageId);
    });
  }

  #ground(entry: Entry): void {
    entry.land(undefined);
    this.#early.delete(entry.message.messageId);
  }

  /** What was sent early leaves its file before the lock is given back: nobody shall send it again. */
  async #takeEarly(): Promise<void> {
    this.#stopped = true; // nothing more is sent
    const entries = [...this.#early.values()];
    for (const entry of entries) if (entry.isClaimed) this.#ground(entry);
    if (this.#early.size === 0) return;
    await Promise.allSettled(entries.map(async (entry) => entry.written));
    const keys = new Set(entries.map(({ key }) => key));
    const { batches } = await this.#options.folder.list();
    for (const batch of batches) {
      if (!keys.has(batch.key) || this.#taken.has(batch.key)) continue;
      await this.#guard(async () => this.#take(batch));
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

  #track(work: () => Promise<void>): void {
    this.#underWay++;
    void this.#guard(work).finally(() => {
      this.#underWay--;
      if (this.#underWay === 0) this.#options.added.ring();
    });
  }

  /** One attempt, and what it means for the rest of the pass; nothing when nothing can have left. */
  async #attempt(stored: StoredMessage): Promise<Outcome | undefined> {
    const { transport, signal } = this.#options;
    const { message } = stored;
    this.#messages++;
    this.#bytes += message.body.length;
    try {
      const outcome = await transport.send(message, { attempt: stored.attempts + 1, signal });
      this.#judge(stored, outcome);
      return outcome;
    } catch (error) {
      this.#fail(message, toFailure(error));
      return undefined;
    } finally {
      this.#messages--;
      this.#bytes -= message.body.length;
      this.#settled.ring();
    }
  }

  #judge({ message, attempts }: StoredMessage, outcome: Outcome): void {
    const settlement = settlementOf(outcome);
    this.#options.onAttempt(message.messageId, attempts + 1, settlement !== undefined);
    if (outcome.status === 'confirmed') this.#confirmed++;
    else if (settlement === undefined) {
      this.#failedKeys.add(message.routingKey);
      this.#failure = { reason: outcome.reason, temporary: true };
    }
  }

  /** What the outcome means for the file. */
  async #settle(
    delivery: BatchDelivery,
    stored: StoredMessage,
    outcome: Outcome | undefined,
  ): Promise<void> {
    const settlement = outcome && settlementOf(outcome);
    if (settlement?.status === 'delivered') delivery.confirm(stored);
    else if (settlement?.status === 'aside') delivery.refuse(stored, settlement.reason);
    else if (outcome !== undefined) delivery.fail(stored);
    return this.#close(delivery);
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
