import type { Clock } from '../clock.js';
import { AbortGroup } from '../internal/abort-group.js';
import { backoff } from '../internal/backoff.js';
import type { BatchName } from './batch-name.js';
import { total } from './batch-name.js';
import type { Deliverer, PassResult } from './deliverer.js';
import type { Failure } from './failure.js';
import type { Ledger } from './ledger.js';
import type { Receipt } from './messages.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { Settlement } from './pass.js';
import { Waiters } from './waiters.js';

/** What {@link Courier} works with. */
export interface CourierOptions {
  readonly folder: OutboxFolder;
  readonly ledger: Ledger;
  readonly deliverer: Deliverer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (error: Error) => void;
  /** Runs after a pass in which something arrived: the server can be told things now. */
  readonly onArrival: () => Promise<void>;
}

/** One who wants the queue empty. */
interface Drain {
  /** Uptime at which the wait is over: milliseconds. */
  readonly deadline: number;
  readonly resolve: (reason: string | undefined) => void;
}

const interrupted = 'the wait was interrupted';

const noop = (): void => undefined;

const elsewhere: Failure = {
  reason: 'another process is delivering, and has not come to it yet',
  temporary: true,
};

/** Milliseconds between two looks at an outbox that somebody else delivers. */
const poll = 20;

/**
 * Delivers while anybody waits for it: pass after pass, with a pause that grows after failures. When another process is
 * delivering, it watches what becomes of its own messages, and takes over when that process ends.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #waiters: Waiters;
  readonly #closing = new AbortController();
  readonly #aborts = new AbortGroup();
  #drains: Drain[] = [];
  #work: Promise<void> | undefined;
  #last: Failure | undefined;
  #failures = 0;
  #shedBefore = 0;
  #pause: AbortController | undefined;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#waiters = new Waiters(options.clock, () => this.#reason());
  }

  /**
   * Queues a message and resolves when it has arrived, or when the wait is over. The wait begins before the message is
   * queued: it may be delivered before whoever queues it knows that it is.
   */
  async wait(
    messageId: string,
    queue: () => Promise<BatchName>,
    options: { readonly wait: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Receipt> {
    const deadline = this.#options.clock.uptime() + options.wait;
    const receipt = new Promise<Receipt>((resolve) => {
      this.#waiters.add({ messageId, batch: undefined, deadline, resolve });
    });
    const forget = this.#onAbort(options.signal, () => {
      this.#waiters.settle(messageId, { delivered: false, reason: interrupted });
    });
    try {
      this.#waiters.queued(messageId, await queue());
      this.#start();
      return await receipt;
    } finally {
      forget();
      this.#waiters.settle(messageId, { delivered: false, reason: 'it was not queued' });
    }
  }

  /** Resolves when nothing is queued, or with why something still is. At least one attempt is made. */
  async drain(wait: number, signal?: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#options;
    let drain: Drain | undefined;
    const forget = this.#onAbort(signal, () => {
      if (drain !== undefined) this.#settleDrain(drain, interrupted);
    });
    const drained = new Promise<string | undefined>((resolve) => {
      drain = { deadline: clock.uptime() + wait, resolve };
      this.#drains.push(drain);
    });
    // A pause that was meant for others is over: whoever flushes wants an attempt now.
    this.#pause?.abort();
    this.#start();
    return drained.finally(forget);
  }

  /** A message of this process has its outcome. */
  settled(messageId: string, settlement: Settlement): void {
    const { status } = settlement;
    this.#waiters.settle(
      messageId,
      status === 'delivered'
        ? { delivered: true }
        : { delivered: false, reason: `refused for good and set aside: ${settlement.reason}` },
    );
  }

  /** Ends all waits and what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#pause?.abort();
    this.#waiters.settleAll('the sender was closed');
    for (const drain of this.#drains) this.#settleDrain(drain, 'the sender was closed');
    await this.#work;
  }

  #onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
    return signal === undefined ? noop : this.#aborts.add(signal, callback);
  }

  get #isWanted(): boolean {
    const isWaited = this.#waiters.size > 0 || this.#drains.length > 0;
    return isWaited && !this.#closing.signal.aborted;
  }

  #start(): void {
    this.#work ??= this.#run();
  }

  async #run(): Promise<void> {
    await this.#guard(async () => {
      this.#shedBefore = (await this.#options.ledger.read()).shed;
    });
    while (this.#isWanted) {
      const result = await this.#pass();
      if (result.confirmed > 0) await this.#guard(this.#options.onArrival);
      await this.#guard(async () => this.#afterPass(result));
    }
    this.#work = undefined;
  }

  async #pass(): Promise<PassResult> {
    try {
      return await this.#options.deliverer.pass(this.#closing.signal);
    } catch (error) {
      // The lock or the folder itself cannot be used: nobody delivers here.
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      const reason = error instanceof Error ? error.message : String(error);
      return { ran: true, confirmed: 0, failure: { reason, temporary: false } };
    }
  }

  async #afterPass({ ran, confirmed, failure }: PassResult): Promise<void> {
    this.#last = ran ? failure : elsewhere;
    this.#failures = failure === undefined || confirmed > 0 ? 0 : this.#failures + 1;
    if (failure?.temporary === false) {
      this.#waiters.settleAll(failure.reason);
      this.#settleDrains(() => true, failure.reason);
      return;
    }
    await this.#settleVanished();
    if (this.#drains.length > 0 && (await this.#remaining()) === 0)
      this.#settleDrains(() => true, undefined);
    // What is there after all went well was added since, and goes at once.
    if (ran && failure === undefined) return;
    const now = this.#options.clock.uptime();
    this.#settleDrains((drain) => drain.deadline <= now, this.#reason());
    if (this.#isWanted) await this.#rest(failure !== undefined);
  }

  /** Between two passes: a while that grows when the server is away, a moment when somebody else delivers. */
  async #rest(hasFailed: boolean): Promise<void> {
    const { clock, random } = this.#options;
    const longest = hasFailed ? backoff(this.#failures, random) : poll * (1 + random());
    const now = clock.uptime();
    const untilDrain = this.#drains.map((drain) => drain.deadline - now);
    const pause = Math.max(1, Math.min(longest, ...untilDrain));
    this.#pause = new AbortController();
    await clock.sleep(pause, this.#pause.signal).catch(() => undefined); // woken: goes on at once
    this.#pause = undefined;
  }

  /** What of ours another process has taken away was delivered by it, or set aside, or shed. */
  async #settleVanished(): Promise<void> {
    if (this.#waiters.size === 0) return;
    const { folder } = this.#options;
    const { batches } = await folder.list();
    const present = new Map(batches.map((batch) => [batch.key, batch]));
    for (const { messageId, batch } of this.#waiters.all()) {
      if (batch === undefined) continue;
      const now = present.get(batch.key);
      if (now?.name === batch.name) continue;
      if (now !== undefined && (await holds(folder, now, messageId))) continue;
      this.#waiters.settle(messageId, await this.#fate(messageId, batch));
    }
  }

  async #fate(messageId: string, batch: BatchName): Promise<Omit<Receipt, 'messageId'>> {
    const { folder } = this.#options;
    const { batches } = await folder.listAside();
    for (const aside of batches.filter((one) => one.time === batch.time)) {
      const decoded = await folder.read(aside, 'bad');
      const found = decoded?.messages.find(({ message }) => message.messageId === messageId);
      const reason = `refused for good and set aside: ${found?.reason ?? 'no reason known'}`;
      if (found !== undefined) return { delivered: false, reason };
    }
    const { shed } = await this.#options.ledger.read();
    const isShed = batch.counts.low > 0 && shed > this.#shedBefore;
    if (isShed) return { delivered: false, reason: 'shed, because the outbox was full' };
    return { delivered: true };
  }

  async #remaining(): Promise<number> {
    const { batches } = await this.#options.folder.list();
    return batches.reduce((all, batch) => all + total(batch.counts), 0);
  }

  #reason(): string {
    return this.#last?.reason ?? 'no answer in time';
  }

  #settleDrains(isDue: (drain: Drain) => boolean, reason: string | undefined): void {
    for (const drain of this.#drains.filter(isDue)) this.#settleDrain(drain, reason);
  }

  #settleDrain(drain: Drain, reason: string | undefined): void {
    this.#drains = this.#drains.filter((other) => other !== drain);
    drain.resolve(reason);
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      this.#waiters.settleAll(error instanceof Error ? error.message : String(error));
      this.#settleDrains(() => true, String(error));
    }
  }
}

async function holds(folder: OutboxFolder, batch: BatchName, messageId: string): Promise<boolean> {
  const decoded = await folder.read(batch);
  return decoded?.messages.some(({ message }) => message.messageId === messageId) ?? false;
}
