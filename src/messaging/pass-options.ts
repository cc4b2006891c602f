import type { JetpackError } from '../errors.js';
import type { Bell } from '../internal/bell.js';
import type { Transport } from '../transport.js';
import type { BatchName } from './batch-name.js';
import type { Entry } from './entry.js';
import type { OutboxFolder } from './outbox-folder.js';
import type { StoredMessage } from './record.js';
import type { Settlement } from './settlement.js';

/** What a a pass works with. */
export interface PassOptions {
  readonly folder: OutboxFolder;
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** Rings when a batch was added by this process, or could not be. */
  readonly added: Bell;
  /** True when it is going to ring. */
  readonly isAdding: () => boolean;
  /** Takes what this process adds just now, and may be sent while it is being written. */
  readonly claim: () => readonly Entry[];
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
