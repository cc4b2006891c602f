import path from 'node:path';

import type { Clock } from '../clock.js';
import type { Home } from '../home.js';
import type { Disk } from '../internal/disk.js';
import type { Platform } from '../platform.js';
import { BatchKeys } from './batch-name.js';
import type { OutboxBounds } from './bounds.js';
import { completeBounds } from './bounds.js';
import { Ledger } from './ledger.js';
import { OutboxFolder } from './outbox-folder.js';
import { OutboxLock } from './outbox-lock.js';
import { Shedder } from './shedder.js';

/** What {@link openStore} makes an outbox's store from. */
export interface OutboxStoreOptions {
  readonly home: Home;
  readonly platform: Pick<Platform, 'identify'>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: () => number;
  readonly bounds: Partial<OutboxBounds> | undefined;
}

/** All of an outbox that lies on the disk, without anything that sends. */
export interface OutboxStore {
  readonly folder: OutboxFolder;
  readonly lock: OutboxLock;
  readonly ledger: Ledger;
  readonly shedder: Shedder;
  readonly bounds: OutboxBounds;
  readonly clock: Clock;
}

/** Puts the parts together. Touches no file. */
export function openStore(options: OutboxStoreOptions): OutboxStore {
  const { home, platform, clock, disk, random } = options;
  const bounds = completeBounds(options.bounds);
  const keys = new BatchKeys(() => clock.now(), random);
  const folder = new OutboxFolder({ root: home.outbox, disk, keys });
  const ledger = new Ledger(home.outbox, disk);
  return {
    folder,
    ledger,
    lock: new OutboxLock(path.join(home.run, 'outbox.lock'), platform),
    shedder: new Shedder({ folder, ledger, bounds, clock }),
    bounds,
    clock,
  };
}
