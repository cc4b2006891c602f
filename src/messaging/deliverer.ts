import type { Clock } from '../clock.js';
import { JetpackError } from '../errors.js';
import type { Bell } from '../internal/bell.js';
import type { Platform } from '../platform.js';
import type { Transport } from '../transport.js';
import type { BatchName } from './batch-name.js';
import type { Failure } from './failure.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { OutboxLock } from './outbox-lock.js';
import type { PassOptions, Settlement } from './pass.js';
import { Pass } from './pass.js';
import type { StoredMessage } from './record.js';
import type { Shedder } from './shedder.js';

/** What {@link Deliverer} works with. */
export interface DelivererOptions {
  readonly folder: OutboxFolder;
  readonly lock: OutboxLock;
  readonly shedder: Shedder;
  readonly transport: Transport;
  readonly processes: Pick<Platform, 'identify'>;
  readonly clock: Clock;
  readonly added: Bell;
  readonly isAdding: () => boolean;
  readonly onSettled: (messageId: string, settlement: Settlement) => void;
  readonly onError: (error: Error) => void;
}

/** What came of {@link Deliverer.pass}. */
export interface PassResult {
  /** False when another process, or other code of this one, is delivering. */
  readonly ran: boolean;
  readonly confirmed: number;
  readonly failure: Failure | undefined;
}

/** Messages just accepted are kept for their delivery, up to so many bytes; beyond, they are read again. */
const memoryBytes = 8 * 1024 * 1024;

/** Delivers the outbox, one pass at a time, under its lock. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #memory = new Map<string, readonly StoredMessage[]>();
  readonly #attempts = new Map<string, number>();
  #remembered = 0;
  #cleaned = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Keeps a batch that is about to appear in the folder, so that it need not be read. */
  remember(key: string, messages: readonly StoredMessage[]): void {
    const bytes = sizeOf(messages);
    if (this.#remembered + bytes > memoryBytes) return;
    this.#remembered += bytes;
    this.#memory.set(key, messages);
  }

  async pass(signal: AbortSignal): Promise<PassResult> {
    const pass = new Pass(this.#passOptions(signal));
    const { ran } = await this.#options.lock.tryRun('delivering messages', async () => {
      await this.#clean();
      await pass.run();
      await this.#options.shedder.enforce();
    });
    this.#forget();
    return { ran, confirmed: pass.confirmed, failure: pass.failure };
  }

  #passOptions(signal: AbortSignal): PassOptions {
    const { folder, transport, added, isAdding, onSettled, onError } = this.#options;
    return {
      folder,
      transport,
      signal,
      added,
      isAdding,
      recall: (key) => this.#recall(key),
      attemptsOf: (messageId) => this.#attempts.get(messageId) ?? 0,
      onAttempt: (messageId, attempts, isLast) => {
        if (isLast) this.#attempts.delete(messageId);
        else this.#attempts.set(messageId, attempts);
      },
      onSettled,
      onDamage: (batch, damage) => onError(this.#damaged(batch, damage)),
      onError,
    };
  }

  #recall(key: string): readonly StoredMessage[] | undefined {
    const messages = this.#memory.get(key);
    if (messages === undefined) return undefined;
    this.#memory.delete(key);
    this.#remembered -= sizeOf(messages);
    return messages;
  }

  /** What was not taken in this pass waits on the disk, and not in memory. */
  #forget(): void {
    this.#memory.clear();
    this.#remembered = 0;
  }

  async #clean(): Promise<void> {
    if (this.#cleaned) return;
    this.#cleaned = true;
    const { folder, clock, processes } = this.#options;
    await folder.clean(clock.now(), processes);
  }

  #damaged(batch: BatchName, damage: string): JetpackError {
    const file = this.#options.folder.pathOf('new', batch.name);
    return new JetpackError('ERR_JETPACK_DAMAGED', `cannot read all of ${file}: ${damage}`, {
      path: file,
      hint: 'what could not be read is in the folder bad beside it',
    });
  }
}

function sizeOf(messages: readonly StoredMessage[]): number {
  return messages.reduce((all, { message }) => all + message.body.length, 0);
}
