import { find } from './config/lookup.js';
import { AttributeFiles } from './config/sources/files.js';
import { readConnection } from './connection.js';
import type { Connection } from './connection.js';
import { JetpackError } from './errors.js';
import type { Home } from './home.js';
import { resolveHome } from './home.js';
import { readIdentity } from './messaging/identity.js';
import { Sender } from './messaging/sender.js';
import type { Platform } from './platform.js';
import { detectPlatform } from './platforms/detect.js';
import type { Transport } from './transport.js';
import { BrokenTransport } from './transports/broken.js';
import { chooseTransport } from './transports/choose.js';

/**
 * Options of {@link openSender}.
 *
 * @public
 */
export interface OpenSenderOptions {
  /** Root of the home. @defaultValue `JETPACK_HOME`, else `CYCLECLOUD_HOME`, else the platform's own */
  readonly home?: string;
  /** Home, connection and what children inherit. @defaultValue that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What runs programs and knows the default home. @defaultValue the platform of this machine */
  readonly platform?: Platform;
  /** The way to the server. @defaultValue what `config/connection.json` says, else the file `logs/messages.jsonl` */
  readonly transport?: Transport;
  /** Told what a person should know, a line each: open permissions, TLS that is not verified. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
  /** Told what goes wrong while nobody waits for it. @defaultValue nobody is told */
  readonly onError?: (error: Error) => void;
}

/** The connection, or why there is none. */
export type ConnectionResult =
  | { readonly connection: Connection }
  | { readonly damage: JetpackError };

/** A sender with all that it was made from. */
export interface SenderWiring {
  readonly home: Home;
  readonly platform: Platform;
  readonly transport: Transport;
  readonly sender: Sender;
  readonly result: ConnectionResult;
}

/**
 * Opens only what speaks to the server, for a program that does nothing else: a {@link Sender} over a home, as
 * {@link Jetpack.open} makes it, without loading the rest of the agent. It reads `config/connection.json` and contacts
 * nobody. The home need not exist yet. Closing the sender closes all of it:
 * `await using sender = await openSender()`.
 *
 * @throws never for a damaged connection.json: messages are queued, and whoever waits for one is told of the damage
 *
 * @public
 */
export async function openSender(options: OpenSenderOptions = {}): Promise<Sender> {
  return (await wireSender(options)).sender;
}

/** {@link openSender}, for one who needs the parts as well. */
export async function wireSender(options: OpenSenderOptions): Promise<SenderWiring> {
  const { platform = detectPlatform(), env = process.env, onError } = options;
  const home = resolveHome(platform, env, options.home);
  const result = await tryConnection(home, env);
  const connection = 'connection' in result ? result.connection : undefined;
  for (const warning of connection?.warnings ?? []) options.onWarning?.(warning);
  const transport = options.transport ?? openTransport(home, result, options);
  // The files alone: who speaks is written there, and a message must not wait for what the machine knows of itself.
  const files = new AttributeFiles(home);
  const attributes = { get: async (key: string) => find(files.tree(), key) };
  const sender = new Sender({
    home,
    transport,
    platform,
    identity: async () => readIdentity(attributes, connection?.cluster),
    ...(connection === undefined ? {} : { exchange: connection.broker.exchange }),
    ...(onError === undefined ? {} : { onError }),
  });
  return { home, platform, transport, sender, result };
}

async function tryConnection(
  home: Home,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ConnectionResult> {
  try {
    return { connection: await readConnection(home, env) };
  } catch (error) {
    if (error instanceof JetpackError) return { damage: error };
    throw error;
  }
}

function openTransport(
  home: Home,
  result: ConnectionResult,
  options: OpenSenderOptions,
): Transport {
  if ('damage' in result) return new BrokenTransport(result.damage);
  const { onWarning } = options;
  try {
    return chooseTransport(result.connection, home, onWarning === undefined ? {} : { onWarning });
  } catch (error) {
    if (error instanceof JetpackError) return new BrokenTransport(error);
    throw error;
  }
}
