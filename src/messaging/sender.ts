import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { JetpackError } from '../errors.js';
import type { Home } from '../home.js';
import { throwIfAborted } from '../internal/abort.js';
import { Bell } from '../internal/bell.js';
import type { Disk } from '../internal/disk.js';
import { realDisk } from '../internal/disk.js';
import { uuidV7 } from '../internal/uuid.js';
import type { Platform } from '../platform.js';
import type { Message, Priority, Transport } from '../transport.js';
import type { BatchName } from './batch-name.js';
import type { OutboxBounds } from './bounds.js';
import { checkMessage, composeBody, composeReport } from './compose.js';
import { Courier } from './courier.js';
import { Deliverer } from './deliverer.js';
import type {
  MessageBody,
  NodeIdentity,
  Receipt,
  Report,
  Reporter,
  ReportOptions,
} from './messages.js';
import type { OutboxStore } from './outbox-store.js';
import { openStore } from './outbox-store.js';
import { OutboxWriter } from './outbox-writer.js';
import type { Outbox } from './outbox.js';
import { FolderOutbox } from './outbox.js';

/**
 * What {@link Sender} is made from.
 *
 * @public
 */
export interface SenderOptions {
  /** Where the outbox lies. */
  readonly home: Home;
  /** The way to the server. The sender is its only caller, and closes it. */
  readonly transport: Transport;
  /** Which node speaks. Asked once, when the first message is made. */
  readonly identity: () => Promise<NodeIdentity>;
  /** Tells living processes from dead ones, for the outbox's lock. */
  readonly platform: Pick<Platform, 'identify'>;
  /** Dates messages and measures waits and pauses. @defaultValue the machine's own */
  readonly clock?: Clock;
  /** The disk the outbox is written to. @defaultValue the real one */
  readonly disk?: Disk;
  /** Numbers from 0 up to, but not including, 1: for message ids and for the pauses between attempts. @defaultValue `Math.random` */
  readonly random?: () => number;
  /** The AMQP exchange of what is sent. @defaultValue `cyclecloud` */
  readonly exchange?: string;
  /** How much may wait. */
  readonly bounds?: Partial<OutboxBounds>;
  /** Told of what goes wrong while nobody waits for it: a damaged file, a file that cannot be removed. @defaultValue nobody is told */
  readonly onError?: (error: Error) => void;
}

/**
 * Options of {@link Sender.send}.
 *
 * @public
 */
export interface SendOptions extends ReportOptions {
  /** What is shed first when the outbox is full. @defaultValue `medium` */
  readonly priority?: Priority;
  /** MIME type. @defaultValue what the body is: text, JSON or bytes */
  readonly contentType?: string;
  /** Small facts that travel beside the body, added to `cluster` and `node`. */
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  /** The AMQP exchange of this message alone. @defaultValue the sender's */
  readonly exchange?: string;
  /** What kind of message it is. @defaultValue `send` */
  readonly type?: string;
}

/**
 * Options of {@link Sender.flush}.
 *
 * @public
 */
export interface FlushOptions {
  /** Milliseconds to go on trying; 0 makes one attempt. @defaultValue 0 */
  readonly wait?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/**
 * What {@link Sender.flush} did.
 *
 * @public
 */
export interface FlushResult {
  /** Messages this sender delivered meanwhile. */
  readonly delivered: number;
  /** Messages that are still queued. */
  readonly remaining: number;
  /** Why there are some. */
  readonly reason?: string;
}

/** The longest wait a timer can be set to: milliseconds. */
const longestWait = 2 ** 31 - 1;

/**
 * Says things to the server, and loses nothing that it accepted. Every message is first put durably into the outbox, a
 * folder of the home, and leaves it when the other side has confirmed it: at least once, under the same message id,
 * in the order of the calls for each routing key. Any number of processes may do this over one home.
 *
 * @public
 */
export class Sender implements Reporter, AsyncDisposable {
  /** What waits on this node. */
  readonly outbox: Outbox;
  readonly #options: SenderOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #store: OutboxStore;
  readonly #writer: OutboxWriter;
  readonly #courier: Courier;
  readonly #added = new Bell();
  #identity: Promise<NodeIdentity> | undefined;
  #delivering = 0;
  #delivered = 0;
  #closed: Promise<void> | undefined;

  constructor(options: SenderOptions) {
    const { home, platform, transport, clock = systemClock, disk = realDisk } = options;
    const { random = Math.random, onError = ignore } = options;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    const store = openStore({ home, platform, clock, disk, random, bounds: options.bounds });
    const deliverer = new Deliverer({
      ...store,
      transport,
      processes: platform,
      added: this.#added,
      isAdding: () => this.#writer.isBusy,
      onSettled: (messageId, settlement) => {
        if (settlement.status === 'delivered') this.#delivered++;
        this.#courier.settled(messageId, settlement);
      },
      onError,
    });
    const onArrival = async (): Promise<void> => this.#reportShed();
    this.#store = store;
    this.#courier = new Courier({ ...store, deliverer, random, onError, onArrival });
    this.#writer = new OutboxWriter({
      ...store,
      onBatch: (key, messages) => {
        if (this.#delivering > 0) deliverer.remember(key, messages);
      },
      onCommit: () => {
        this.#added.ring();
      },
    });
    this.outbox = new FolderOutbox(store);
  }

  /**
   * Sends a message of the caller's own. Resolves when it is durably in the outbox and, with `wait`, when it has arrived
   * or the wait is over: not having arrived is no error. Without `wait` the server is not contacted at all.
   *
   * @throws UsageError when no broker would take it: an empty or too long routing key, more than 128 MiB
   * @throws JetpackError `ERR_JETPACK_OUTBOX_FULL`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`: it was not
   * accepted, and nothing of it is left; `ERR_JETPACK_ABORTED`: the signal was aborted before it was accepted, or the
   * sender is closed
   */
  async send(routingKey: string, body: MessageBody, options: SendOptions = {}): Promise<Receipt> {
    this.#assertOpen(options.signal);
    const { bytes, contentType } = composeBody(body);
    const { cluster, node } = await this.#who();
    const now = this.#clock.now();
    return this.#dispatch(
      {
        messageId: uuidV7(now, this.#random),
        timestamp: now,
        exchange: options.exchange ?? this.#options.exchange ?? 'cyclecloud',
        routingKey,
        type: options.type ?? 'send',
        contentType: options.contentType ?? contentType,
        headers: { cluster, node, ...options.headers },
        priority: options.priority ?? 'medium',
        body: bytes,
      },
      options,
    );
  }

  /**
   * Sends what the agent itself has to say. The report's kind decides type, routing key and priority; which node speaks
   * and when is added.
   *
   * @throws JetpackError as {@link Sender.send} does
   */
  async report(report: Report, options: ReportOptions = {}): Promise<Receipt> {
    this.#assertOpen(options.signal);
    const who = await this.#who();
    const { routingKey, priority, body } = composeReport(report, who, this.#clock.now());
    return this.send(routingKey, body, { ...options, priority, type: report.kind });
  }

  /** Delivers what is queued, by whomever it was queued. */
  async flush(options: FlushOptions = {}): Promise<FlushResult> {
    this.#assertOpen(options.signal);
    const before = this.#delivered;
    const wait = clampWait(options.wait);
    const reason = await this.#courier.drain(wait, options.signal);
    const { queued } = await this.outbox.summary();
    return {
      delivered: this.#delivered - before,
      remaining: queued,
      ...(reason === undefined || queued === 0 ? {} : { reason }),
    };
  }

  /** Ends what is under way and closes the transport. What has not arrived stays in the outbox. A second call does nothing. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** {@link Sender.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#writer.settled();
    await this.#courier.close();
    await this.#options.transport.close();
  }

  #assertOpen(signal: AbortSignal | undefined): void {
    throwIfAborted('the sending', signal);
    if (this.#closed !== undefined) {
      throw new JetpackError('ERR_JETPACK_ABORTED', 'cannot send: the sender is closed');
    }
  }

  async #who(): Promise<NodeIdentity> {
    this.#identity ??= this.#options.identity();
    try {
      return await this.#identity;
    } catch (error) {
      this.#identity = undefined; // the next message asks again
      throw error;
    }
  }

  async #dispatch(message: Message, options: ReportOptions): Promise<Receipt> {
    checkMessage(message);
    this.#assertOpen(options.signal);
    const { messageId } = message;
    const wait = clampWait(options.wait);
    if (wait === 0) {
      await this.#writer.accept(message);
      return { messageId, delivered: false, reason: 'only queued, as was asked for' };
    }
    this.#delivering++;
    try {
      const queue = async (): Promise<BatchName> => this.#writer.accept(message);
      return await this.#courier.wait(messageId, queue, { wait, signal: options.signal });
    } finally {
      this.#delivering--;
    }
  }

  /** What was shed is said to the server as soon as it hears again: counted there only when that is queued. */
  async #reportShed(): Promise<void> {
    const { shed, reported } = await this.#store.ledger.read();
    if (shed <= reported || this.#closed !== undefined) return;
    await this.#store.lock.tryRun('reporting shed messages', async () => {
      const count = shed - reported;
      await this.report({
        kind: 'log',
        level: 'warn',
        priority: 'medium',
        message: `the outbox of this node was full: ${count} messages were given up (${shed} so far)`,
      });
      await this.#store.ledger.setReported(shed);
    });
  }
}

function clampWait(wait = 0): number {
  return Math.min(longestWait, Math.max(0, wait));
}

function ignore(): void {
  // Nobody asked to be told.
}
