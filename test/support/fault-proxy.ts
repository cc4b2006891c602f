import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP proxy that can be told to misbehave as networks do. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections. */
  cut(): void;
  /** Passes on that many more bytes from the client, then resets the connection, in the middle of whatever it is. */
  resetAfter(bytes: number): Promise<void>;
  /** Swallows all that comes, in both directions; new connections are accepted. */
  blackHole(): void;
  /** Passes on so many bytes, then waits so many milliseconds. */
  drip(bytes: number, every: number): void;
  /** Behaves again. What was swallowed is gone, and its connection stays silent. */
  pass(): void;
  /** Refuses connections, and ends those there are. */
  down(): Promise<void>;
  up(): Promise<void>;
}

interface Pair {
  readonly client: net.Socket;
  readonly upstream: net.Socket;
  /** Bytes are missing in its streams: it can only stay silent. */
  isHoled: boolean;
}

type Mode = { kind: 'pass' } | { kind: 'hole' } | { kind: 'drip'; bytes: number; every: number };

/** Listens on a free port and passes on to another port of this machine. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const proxy = new ScriptedProxy(target);
  await proxy.up();
  return proxy;
}

class ScriptedProxy implements FaultProxy {
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  #server: net.Server | undefined;
  #mode: Mode = { kind: 'pass' };
  #reset: { left: number; done: () => void } | undefined;
  port = 0;

  constructor(target: number) {
    this.#target = target;
  }

  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async resetAfter(bytes: number): Promise<void> {
    return new Promise((done) => {
      this.#reset = { left: bytes, done };
    });
  }

  blackHole(): void {
    this.#mode = { kind: 'hole' };
  }

  drip(bytes: number, every: number): void {
    this.#mode = { kind: 'drip', bytes, every };
  }

  pass(): void {
    this.#mode = { kind: 'pass' };
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    this.cut();
    await closed;
  }

  async up(): Promise<void> {
    this.#server = net.createServer((client) => {
      this.#accept(client);
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  #accept(client: net.Socket): void {
    const upstream = net.connect(this.#target, '127.0.0.1');
    const pair: Pair = { client, upstream, isHoled: false };
    this.#pairs.add(pair);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // broken connections are what it is for
      socket.on('close', () => {
        this.#pairs.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
    void this.#pump(pair, 'up').catch(() => undefined); // its connection has ended
    void this.#pump(pair, 'down').catch(() => undefined);
  }

  async #pump(pair: Pair, direction: 'up' | 'down'): Promise<void> {
    const { client, upstream } = pair;
    const [from, to] = direction === 'up' ? [client, upstream] : [upstream, client];
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (this.#mode.kind === 'hole') pair.isHoled = true;
      if (pair.isHoled) continue;
      if (direction === 'up' && (await this.#resets(pair, chunk))) return;
      await this.#forward(to, chunk);
    }
  }

  async #forward(to: net.Socket, chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (this.#mode.kind === 'drip' && rest.length > 0) {
      const { bytes, every } = this.#mode;
      to.write(rest.subarray(0, bytes));
      rest = rest.subarray(bytes);
      await delay(every);
    }
    if (rest.length > 0 && !to.write(rest)) await once(to, 'drain');
  }

  /** True when this was the chunk in which the connection was to be reset. */
  async #resets({ client, upstream }: Pair, chunk: Buffer): Promise<boolean> {
    const reset = this.#reset;
    if (reset === undefined) return false;
    if (chunk.length <= reset.left) {
      reset.left -= chunk.length;
      return false;
    }
    this.#reset = undefined;
    await new Promise<void>((resolve) => {
      upstream.write(chunk.subarray(0, reset.left), () => {
        resolve();
      });
    });
    upstream.resetAndDestroy();
    client.resetAndDestroy();
    reset.done();
    return true;
  }
}
