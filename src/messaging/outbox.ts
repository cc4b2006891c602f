import type { Clock } from '../clock.js';
import type { Message } from '../transport.js';
import type { BatchName } from './batch-name.js';
import { loadOf } from './bounds.js';
import type { Ledger } from './ledger.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { OutboxLock } from './outbox-lock.js';
import type { StoredMessage } from './record.js';

/**
 * How full an outbox is.
 *
 * @public
 */
export interface OutboxSummary {
  /** Messages that wait for their delivery. */
  readonly queued: number;
  /** Bytes of the files they wait in. */
  readonly bytes: number;
  /** When the oldest of them was accepted: milliseconds since 1970. Absent when there is none. */
  readonly oldest?: number;
  /** Messages that were set aside: refused for good, or damaged. */
  readonly quarantined: number;
  /** Messages given up, ever, because the outbox was full or they were too old. */
  readonly shed: number;
}

/**
 * One message of an outbox, without its body.
 *
 * @public
 */
export interface OutboxEntry extends Omit<Message, 'body'> {
  /** Bytes of the body. */
  readonly size: number;
  /** `quarantined`: set aside, and tried again only after {@link Outbox.retry}. */
  readonly state: 'queued' | 'quarantined';
  /** How often it was tried, as far as it was written down. */
  readonly attempts: number;
  /** Why it was set aside. */
  readonly reason?: string;
}

/**
 * One message of an outbox, whole.
 *
 * @public
 */
export interface OutboxMessage extends OutboxEntry {
  /** The bytes, exactly as they will arrive. */
  readonly body: Uint8Array;
}

/**
 * What {@link Outbox.verify} found.
 *
 * @public
 */
export interface OutboxVerification {
  /** Files that were read, those set aside included. */
  readonly files: number;
  /** Messages that are whole. */
  readonly messages: number;
  /** Files that are not as they should be. */
  readonly damaged: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * The messages that wait on this node, to look at and to mend. It needs no server. It is got from
 * {@link Sender.outbox}.
 *
 * @public
 */
export interface Outbox {
  /** How full it is: from the names of its files, so that it is quick however full it is. */
  summary(): Promise<OutboxSummary>;
  /** All messages, the oldest first, those set aside at the end. A damaged file is left out: {@link Outbox.verify}. */
  list(): Promise<OutboxEntry[]>;
  /** One message with its body; `undefined` when it is not, or no longer, there. */
  show(messageId: string): Promise<OutboxMessage | undefined>;
  /**
   * Puts a message that was set aside back into the queue. True when it is queued now; one that was queued already stays
   * so.
   *
   * @throws TemporaryError `ERR_JETPACK_LOCKED` when a delivery goes on for longer than ten seconds
   */
  retry(messageId: string): Promise<boolean>;
  /**
   * Removes a message for ever, queued or set aside. True when it was there.
   *
   * @throws TemporaryError `ERR_JETPACK_LOCKED` when a delivery goes on for longer than ten seconds
   */
  drop(messageId: string): Promise<boolean>;
  /** Reads every file and checks every message against its checksum. Changes nothing. */
  verify(): Promise<OutboxVerification>;
}

/** What {@link FolderOutbox} is made from. */
export interface OutboxParts {
  readonly folder: OutboxFolder;
  readonly lock: OutboxLock;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

type Where = 'new' | 'bad';

interface Found {
  readonly where: Where;
  readonly batch: BatchName;
  readonly messages: readonly StoredMessage[];
  readonly stored: StoredMessage;
}

/** The {@link Outbox} over the mail folder. */
export class FolderOutbox implements Outbox {
  readonly #parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  async summary(): Promise<OutboxSummary> {
    const { folder, ledger } = this.#parts;
    const { batches } = await folder.list();
    const aside = await folder.listAside();
    const { messages, bytes } = loadOf(batches);
    const oldest = batches[0]?.time;
    return {
      queued: messages,
      bytes,
      ...(oldest === undefined ? {} : { oldest }),
      quarantined: loadOf(aside.batches).messages + aside.foreign.length,
      shed: (await ledger.read()).shed,
    };
  }

  async list(): Promise<OutboxEntry[]> {
    const entries: OutboxEntry[] = [];
    for await (const { where, stored } of this.#walk()) entries.push(toEntry(stored, where));
    return entries;
  }

  async show(messageId: string): Promise<OutboxMessage | undefined> {
    const found = await this.#find(messageId);
    if (found === undefined) return undefined;
    return { ...toEntry(found.stored, found.where), body: found.stored.message.body };
  }

  async retry(messageId: string): Promise<boolean> {
    const { folder } = this.#parts;
    return this.#change(messageId, async ({ where, batch, messages, stored }) => {
      if (where === 'new') return;
      const { message, attempts } = stored;
      await folder.requeue(batch, { message, attempts });
      await this.#takeOut(where, batch, without(messages, messageId));
    });
  }

  async drop(messageId: string): Promise<boolean> {
    return this.#change(messageId, async ({ where, batch, messages }) =>
      this.#takeOut(where, batch, without(messages, messageId)),
    );
  }

  async verify(): Promise<OutboxVerification> {
    const { folder } = this.#parts;
    const damaged: { file: string; reason: string }[] = [];
    let files = 0;
    let messages = 0;
    for await (const { where, batch } of this.#batches()) {
      const decoded = await folder.read(batch, where);
      if (decoded === undefined) continue; // delivered in the meantime
      files++;
      messages += decoded.messages.length;
      if (decoded.damage === undefined) continue;
      damaged.push({ file: folder.pathOf(where, batch.name), reason: decoded.damage });
    }
    const foreign = await this.#foreign();
    return { files: files + foreign.length, messages, damaged: [...damaged, ...foreign] };
  }

  async #change(messageId: string, work: (found: Found) => Promise<void>): Promise<boolean> {
    const { lock, clock } = this.#parts;
    return lock.run('change the outbox', clock, async () => {
      const found = await this.#find(messageId);
      if (found === undefined) return false;
      await work(found);
      return true;
    });
  }

  async #takeOut(where: Where, batch: BatchName, rest: readonly StoredMessage[]): Promise<void> {
    const { folder } = this.#parts;
    if (where === 'new') return folder.shrink(batch, rest);
    if (rest.length > 0) await folder.setAside(batch, rest);
    return folder.remove(batch, 'bad');
  }

  async #find(messageId: string): Promise<Found | undefined> {
    for await (const found of this.#walk()) {
      if (found.stored.message.messageId === messageId) return found;
    }
    return undefined;
  }

  async *#walk(): AsyncGenerator<Found> {
    for await (const { where, batch } of this.#batches()) {
      const decoded = await this.#parts.folder.read(batch, where);
      const messages = decoded?.messages ?? [];
      // What could be read of a damaged file was queued again when it was set aside.
      if (where === 'bad' && decoded?.damage !== undefined) continue;
      for (const stored of messages) yield { where, batch, messages, stored };
    }
  }

  async *#batches(): AsyncGenerator<{ where: Where; batch: BatchName }> {
    const { folder } = this.#parts;
    for (const batch of (await folder.list()).batches) yield { where: 'new', batch };
    for (const batch of (await folder.listAside()).batches) yield { where: 'bad', batch };
  }

  async #foreign(): Promise<{ file: string; reason: string }[]> {
    const { folder } = this.#parts;
    const reason = 'not a file of the outbox';
    const queued = (await folder.list()).foreign;
    const aside = (await folder.listAside()).foreign;
    return [
      ...queued.map((name) => ({ file: folder.pathOf('new', name), reason })),
      ...aside.map((name) => ({ file: folder.pathOf('bad', name), reason })),
    ];
  }
}

function without(messages: readonly StoredMessage[], messageId: string): StoredMessage[] {
  return messages.filter(({ message }) => message.messageId !== messageId);
}

function toEntry({ message, attempts, reason }: StoredMessage, where: Where): OutboxEntry {
  const { body, ...facts } = message;
  return {
    ...facts,
    size: body.length,
    state: where === 'new' ? 'queued' : 'quarantined',
    attempts,
    ...(reason === undefined ? {} : { reason }),
  };
}
