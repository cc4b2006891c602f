import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { connect } from 'amqplib';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';

/** How the queue is that a fault is tried on. */
export interface FaultQueueOptions {
  /** For example `x-max-length`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Nothing is routed to it before {@link FaultQueue.bind}. */
  readonly isBoundLater?: boolean;
}

/** One exchange and one durable queue, seen from the server's side of the proxy. */
export interface FaultQueue {
  readonly exchange: string;
  bind(): Promise<void>;
  /** Consumes from now on, and again after the broker was away. */
  consume(): void;
  /** How often the message with that number has arrived. The broker's own redeliveries do not count. */
  readonly arrived: ReadonlyMap<number, number>;
  /** Waits until so many different messages are there, or nothing more comes; then ends the consumer. */
  finish(wanted: number): Promise<void>;
}

/** Declares both. They live as long as their broker does. */
export async function createFaultQueue(
  url: string,
  options: FaultQueueOptions,
): Promise<FaultQueue> {
  const queue = new ServerQueue(url);
  await queue.declare(options);
  return queue;
}

class ServerQueue implements FaultQueue {
  readonly exchange = `fault-${randomUUID()}`;
  readonly arrived = new Map<number, number>();
  readonly #url: string;
  #lastArrival = performance.now();
  #isFinished = false;
  #consumer: Promise<void> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async declare(options: FaultQueueOptions): Promise<void> {
    await this.#use(async (channel) => {
      await channel.assertExchange(this.exchange, 'topic', { durable: true });
      await channel.assertQueue(this.exchange, { durable: true, arguments: options.arguments });
    });
    if (options.isBoundLater !== true) await this.bind();
  }

  async bind(): Promise<void> {
    await this.#use(async (channel) => {
      await channel.bindQueue(this.exchange, this.exchange, '#');
    });
  }

  consume(): void {
    this.#consumer ??= this.#keepConsuming();
  }

  async finish(wanted: number): Promise<void> {
    this.consume();
    this.#lastArrival = performance.now();
    const isQuiet = (): boolean => performance.now() - this.#lastArrival > 2000;
    while (this.arrived.size < wanted && !isQuiet()) await delay(20);
    await delay(100); // a duplicate of the last one may be behind it
    this.#isFinished = true;
    await this.#consumer;
  }

  async #keepConsuming(): Promise<void> {
    while (!this.#isFinished) {
      try {
        await this.#use(async (channel, connection) => this.#consumeWhile(channel, connection));
      } catch {
        await delay(100); // the broker is away
      }
    }
  }

  async #consumeWhile(channel: Channel, connection: ChannelModel): Promise<void> {
    const state = { isOpen: true };
    connection.once('close', () => {
      state.isOpen = false;
    });
    await channel.consume(this.exchange, (delivery) => {
      if (delivery === null) return;
      this.#count(delivery);
      if (state.isOpen) channel.ack(delivery);
    });
    while (state.isOpen && !this.#isFinished) await delay(20);
  }

  #count({ content, fields }: ConsumeMessage): void {
    const { n }: { n: number } = JSON.parse(content.toString());
    const before = this.arrived.get(n) ?? 0;
    if (fields.redelivered && before > 0) return;
    this.arrived.set(n, before + 1);
    this.#lastArrival = performance.now();
  }

  async #use(work: (channel: Channel, connection: ChannelModel) => Promise<void>): Promise<void> {
    const connection = await connect(this.#url);
    connection.on('error', () => undefined); // `close` follows
    try {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await work(channel, connection);
    } finally {
      await connection.close().catch(() => undefined); // closed already
    }
  }
}
