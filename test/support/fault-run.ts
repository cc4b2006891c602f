import { setTimeout as delay } from 'node:timers/promises';

import type { FaultProxy } from './fault-proxy.ts';
import type { FaultQueue, FaultQueueOptions } from './fault-queue.ts';
import { createFaultQueue } from './fault-queue.ts';
import type { RabbitMq } from './rabbitmq.ts';

/** How many messages are sent through each fault. */
export const messageCount = 2000;

/** What a fault can be done to. */
export interface FaultWorld {
  readonly rabbit: RabbitMq;
  readonly proxy: FaultProxy;
  readonly queue: FaultQueue;
  /** Resolves when so many messages were begun to be sent. */
  readonly begun: (count: number) => Promise<void>;
}

/** Something that goes wrong while messages flow. */
export interface Fault {
  readonly name: string;
  /** It makes no attempt fail: slow is not broken. */
  readonly isHarmless?: boolean;
  readonly queue?: FaultQueueOptions;
  /** Milliseconds a client waits for a confirm, and for a connection, where it can be told. */
  readonly timeout?: number;
  /** Milliseconds a send may wait for its delivery, where it can be told. */
  readonly wait?: number;
  /** How many are sent at once. */
  readonly inFlight?: number;
  /** Milliseconds of rest after each of them: for a fault that takes its time to come. */
  readonly pace?: number;
  /** Runs beside the sends. When it resolves, the fault is over. */
  run(world: FaultWorld): Promise<void>;
}

/** Confirmed; or kept for later; or given back to the caller as failed. */
type Said = 'confirmed' | 'queued' | 'failed';

/** One client library under test. */
export interface Client {
  /** Sends `{"n": …}` under some routing key. A rejection counts as failed. */
  send(n: number): Promise<Said>;
  /** The fault is over: delivers what it still has. */
  finish(): Promise<void>;
}

/** What became of the messages. */
export interface FaultReport {
  readonly said: ReadonlyMap<number, Said>;
  readonly arrived: ReadonlyMap<number, number>;
  /** Sends that had no end within the bound. */
  readonly hung: number;
  readonly duplicates: number;
  readonly seconds: number;
}

/** What {@link runFault} runs. */
export interface FaultRunOptions {
  readonly rabbit: RabbitMq;
  readonly proxy: FaultProxy;
  /** Made when the exchange is there. */
  readonly createClient: (exchange: string) => Promise<Client>;
  /** Milliseconds after which a send counts as hung. */
  readonly bound: number;
}

/** Sends {@link messageCount} messages with the fault among them, and counts. */
export async function runFault(fault: Fault, options: FaultRunOptions): Promise<FaultReport> {
  const { rabbit, proxy, createClient, bound } = options;
  const queue = await createFaultQueue(rabbit.url, fault.queue ?? {});
  const client = await createClient(queue.exchange);
  const start = performance.now();
  const flow = new Flow(client, { bound, pace: fault.pace ?? 0 });
  const world = { rabbit, proxy, queue, begun: async (count: number) => flow.begun(count) };
  await Promise.all([flow.run(fault.inFlight ?? 50), fault.run(world)]);
  await client.finish();
  await queue.finish(messageCount);
  const { arrived } = queue;
  const { said, hung } = flow;
  const copies = [...arrived.values()].reduce((all, count) => all + count, 0);
  const seconds = (performance.now() - start) / 1000;
  return { said, hung, arrived, duplicates: copies - arrived.size, seconds };
}

class Flow {
  readonly said = new Map<number, Said>();
  readonly #client: Client;
  readonly #options: { readonly bound: number; readonly pace: number };
  readonly #milestones = new Map<number, () => void>();
  #next = 0;
  hung = 0;

  constructor(client: Client, options: { readonly bound: number; readonly pace: number }) {
    this.#client = client;
    this.#options = options;
  }

  async begun(count: number): Promise<void> {
    if (this.#next >= count) return;
    return new Promise((resolve) => {
      this.#milestones.set(count, resolve);
    });
  }

  async run(inFlight: number): Promise<void> {
    const worker = async (): Promise<void> => {
      while (this.#next < messageCount) {
        await this.#send(this.#next++);
        if (this.#options.pace > 0) await delay(this.#options.pace);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }

  async #send(n: number): Promise<void> {
    this.#milestones.get(n + 1)?.();
    const timer = new AbortController();
    const sending = this.#client.send(n).catch((): Said => 'failed');
    const late = delay(this.#options.bound, undefined, { signal: timer.signal }).catch(
      () => undefined,
    );
    const said = await Promise.race([sending, late]);
    timer.abort();
    if (said === undefined) this.hung++;
    else this.said.set(n, said);
  }
}
