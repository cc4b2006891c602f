import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { JetpackError, TemporaryError } from '../errors.js';
import { throwIfAborted } from '../internal/abort.js';
import { Bell } from '../internal/bell.js';
import { readError } from '../internal/fs-error.js';
import { matchesTopic } from '../internal/topic-pattern.js';
import type { Delivery, MessageSource, SubscribeOptions, Subscription } from '../message-source.js';
import { FileFollower } from './file-follower.js';
import { readLine } from './file-line.js';
import { fileOf } from './file.js';

/**
 * What {@link FileSource} is made from.
 *
 * @public
 */
export interface FileSourceOptions {
  /** The file that a {@link FileTransport} writes: a path or a `file:` url. It need not be there yet. */
  readonly file: string;
  /** Which lines: those that come from now on, or all that the file has and then those. @defaultValue `now` */
  readonly from?: 'beginning' | 'now';
  /** Leaves out what was published to another exchange. @defaultValue messages of all exchanges */
  readonly exchange?: string;
  /** Milliseconds between two looks at the file. @defaultValue 200 */
  readonly interval?: number;
  /** Measures that time. @defaultValue the machine's own */
  readonly clock?: Pick<Clock, 'sleep'>;
}

/**
 * Messages out of the file that a {@link FileTransport} writes, as they are appended. The file may be moved away or emptied
 * meanwhile. There is no queue: its name is not used, and nobody remembers how far it was read when the source is gone.
 *
 * @public
 */
export class FileSource implements MessageSource {
  /** `file:` and the absolute path. */
  readonly target: string;
  readonly #options: FileSourceOptions;
  readonly #file: string;
  readonly #follower: FileFollower;

  /** Opens nothing yet. */
  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#file = fileOf(options.file);
    this.target = `file:${this.#file}`;
    this.#follower = new FileFollower(this.#file, options.from ?? 'now');
  }

  /** As {@link MessageSource.subscribe} says. A second subscription goes on where the one before it has ended. */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    throwIfAborted('the receiving', options.signal);
    try {
      await this.#follower.open();
    } catch (error) {
      throw readError(error, this.#file);
    }
    const { interval = 200, clock = systemClock, exchange } = this.#options;
    const rules = { interval, clock, exchange, file: this.#file };
    return new FileSubscription(this.#follower, rules, options);
  }
}

interface Rules {
  readonly file: string;
  readonly interval: number;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly exchange: string | undefined;
}

class FileSubscription implements Subscription {
  readonly lost: Promise<JetpackError>;
  readonly #follower: FileFollower;
  readonly #rules: Rules;
  readonly #options: SubscribeOptions;
  readonly #stopping = new AbortController();
  readonly #settled = new Bell();
  #open = 0;

  constructor(follower: FileFollower, rules: Rules, options: SubscribeOptions) {
    this.#follower = follower;
    this.#rules = rules;
    this.#options = options;
    this.lost = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#settled.ring();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.lost;
  }

  async #run(): Promise<JetpackError> {
    const { file, interval, clock } = this.#rules;
    const { signal } = this.#stopping;
    let why = new JetpackError('ERR_JETPACK_ABORTED', 'the receiver was closed');
    try {
      while (!signal.aborted) {
        await this.#readAll();
        await clock.sleep(interval, signal).catch(() => undefined); // stopped
      }
    } catch (error) {
      const cause = readError(error, file);
      why = new TemporaryError('ERR_JETPACK_UNREACHABLE', cause.message, { cause });
    }
    await this.#follower.close();
    return why;
  }

  async #readAll(): Promise<void> {
    for await (const line of this.#follower.lines()) {
      this.#take(line);
      await this.#room();
      if (this.#stopping.signal.aborted) return;
    }
  }

  #take(line: Buffer): void {
    const message = readLine(line);
    if (message === undefined) {
      const what = `left out a line of ${this.#rules.file}: it is not a message`;
      this.#options.onError(new JetpackError('ERR_JETPACK_DAMAGED', what));
      return;
    }
    const { exchange = message.exchange } = this.#rules;
    const isWanted = this.#options.patterns.some((one) => matchesTopic(one, message.routingKey));
    if (isWanted && exchange === message.exchange) this.#deliver(message, false);
  }

  #deliver(message: Delivery['message'], isRepeated: boolean): void {
    this.#open++;
    const settle: Delivery['settle'] = (settlement) => {
      this.#open--;
      if (settlement === 'again' && !this.#stopping.signal.aborted) this.#deliver(message, true);
      else this.#settled.ring();
    };
    this.#options.onDelivery({ message, isRepeated, settle });
  }

  /** Resolves when one more delivery may be open. */
  async #room(): Promise<void> {
    while (this.#open >= this.#options.prefetch && !this.#stopping.signal.aborted) {
      await this.#settled.after(this.#settled.rings);
    }
  }
}
