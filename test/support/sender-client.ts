import type { Home } from '../../src/home.js';
import type { OutboxSummary } from '../../src/messaging/outbox.js';
import type { Sender } from '../../src/messaging/sender.js';
import type { Transport } from '../../src/transport.js';
import type { Client } from './fault-run.ts';
import { startSender } from './sender.ts';

/** Our own sender as a client of the fault suite. */
export interface SenderClient extends AsyncDisposable {
  /** Sends to that exchange. */
  use(exchange: string): Client;
  summary(): Promise<OutboxSummary>;
  /** What was called delivered when it was not there, or is neither there nor queued: numbers. */
  missing(arrived: ReadonlyMap<number, number>): number[];
  /** Attempts that did not end with a confirm: a fault without any was none. */
  readonly troubles: readonly string[];
  readonly sender: Sender;
}

/** A sender whose sends wait so many milliseconds for their delivery. */
export function createSenderClient(
  home: Home,
  { transport, wait }: { readonly transport: Transport; readonly wait: number },
): SenderClient {
  const troubles: string[] = [];
  const sender = startSender(home, { transport: watched(transport, troubles) });
  const delivered = new Set<number>();
  return {
    sender,
    troubles,
    use: (exchange) => ({
      send: async (n) => {
        const receipt = await sender.send(`fault.k${n % 10}`, bodyOf(n), { exchange, wait });
        if (receipt.delivered) delivered.add(n);
        return receipt.delivered ? 'confirmed' : 'queued';
      },
      finish: async () => {
        await sender.flush({ wait: 20_000 });
      },
    }),
    summary: async () => sender.outbox.summary(),
    missing: (arrived) => [...delivered].filter((n) => !arrived.has(n)),
    [Symbol.asyncDispose]: async () => sender.close(),
  };
}

/** Two hundred bytes, more or less. */
function bodyOf(n: number): { n: number; text: string } {
  return { n, text: 'x'.repeat(180) };
}

function watched(transport: Transport, troubles: string[]): Transport {
  return {
    target: transport.target,
    send: async (message, options) => {
      try {
        const outcome = await transport.send(message, options);
        if (outcome.status !== 'confirmed') troubles.push(`${outcome.status}: ${outcome.reason}`);
        return outcome;
      } catch (error) {
        troubles.push(String(error));
        throw error;
      }
    },
    close: async () => transport.close(),
    [Symbol.asyncDispose]: async () => transport.close(),
  };
}
