// The Node clients of AMQP as their own documentation uses them, each with confirms, behind one interface.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { Jetpack } from '@cycle/jetpack';
import * as manager from 'amqp-connection-manager';
import { connect } from 'amqplib';
import type { ConfirmChannel } from 'amqplib';
import { Connection } from 'rabbitmq-client';

import type { Client } from '../test/support/fault-run.ts';

/** What a client is made for. */
export interface ClientOptions {
  readonly url: string;
  readonly exchange: string;
  /** Milliseconds a send may wait for its delivery. */
  readonly wait: number;
}

/** A client that can be ended. */
export interface BenchClient extends Client {
  close(): Promise<void>;
}

const text = 'x'.repeat(180);
const routingKey = (n: number): string => `fault.k${n % 10}`;
const noop = (): void => undefined;
const nothing = async (): Promise<void> => undefined;

/** All of them, by name. */
export const clients: Readonly<Record<string, (options: ClientOptions) => Promise<BenchClient>>> = {
  amqplib: createBare,
  'rabbitmq-client': createRabbitMqClient,
  'amqp-connection-manager': createManaged,
  '@cycle/jetpack': createOurs,
};

/** It connects anew with the first send after a loss; what was in flight is the caller's. */
async function createBare({ url, exchange }: ClientOptions): Promise<BenchClient> {
  let opening: Promise<ConfirmChannel> | undefined;
  let close = nothing;
  const open = async (): Promise<ConfirmChannel> => {
    const connection = await connect(url);
    close = async () => connection.close();
    connection.on('error', noop).on('close', () => {
      opening = undefined;
    });
    const channel = await connection.createConfirmChannel();
    return channel.on('error', noop);
  };
  const current = async (): Promise<ConfirmChannel> => {
    opening ??= open();
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };
  return {
    send: async (n) => {
      const channel = await current();
      const content = Buffer.from(JSON.stringify({ n, text }));
      await new Promise<void>((resolve, reject) => {
        const options = { persistent: true, mandatory: true };
        channel.publish(exchange, routingKey(n), content, options, (error: unknown) => {
          if (error === null || error === undefined) resolve();
          else reject(error instanceof Error ? error : new Error('refused'));
        });
      });
      return 'confirmed';
    },
    finish: nothing,
    close: async () => close(),
  };
}

async function createRabbitMqClient({ url, exchange }: ClientOptions): Promise<BenchClient> {
  const connection = new Connection(url);
  connection.on('error', noop);
  const publisher = connection.createPublisher({ confirm: true });
  return {
    send: async (n) => {
      const envelope = { exchange, routingKey: routingKey(n), durable: true, mandatory: true };
      await publisher.send(envelope, { n, text });
      return 'confirmed';
    },
    finish: nothing,
    close: async () => connection.unsafeDestroy(),
  };
}

async function createManaged({ url, exchange, wait }: ClientOptions): Promise<BenchClient> {
  const connection = manager.connect([url], { reconnectTimeInSeconds: 1 });
  connection.on('connectFailed', noop);
  const channel = connection.createChannel({ json: true, publishTimeout: wait });
  channel.on('error', noop);
  return {
    send: async (n) => {
      await channel.publish(
        exchange,
        routingKey(n),
        { n, text },
        {
          persistent: true,
          mandatory: true,
        },
      );
      return 'confirmed';
    },
    finish: nothing,
    close: async () => connection.close(),
  };
}

async function createOurs({ url, exchange, wait }: ClientOptions): Promise<BenchClient> {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-bench-'));
  const jetpack = await Jetpack.open({ home, env: { JETPACK_BROKER_URL: url } });
  return {
    send: async (n) => {
      const { delivered } = await jetpack.sender.send(
        routingKey(n),
        { n, text },
        { exchange, wait },
      );
      return delivered ? 'confirmed' : 'queued';
    },
    finish: async () => {
      await jetpack.sender.flush({ wait: 30_000 });
    },
    close: async () => {
      await jetpack.close();
      await fs.rm(home, { recursive: true, force: true });
    },
  };
}
