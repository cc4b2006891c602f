import { Config } from './config/config.js';
import { readConnection } from './connection.js';
import type { Connection } from './connection.js';
import { Converger } from './converge/converger.js';
import { JetpackError } from './errors.js';
import { HealthCheck } from './health/health-check.js';
import { KeepAlive } from './health/keep-alive.js';
import type { Home } from './home.js';
import { resolveHome } from './home.js';
import type { Locker } from './locker.js';
import { chooseLocker } from './lockers/choose.js';
import { readIdentity } from './messaging/identity.js';
import { Logger } from './messaging/logger.js';
import { Sender } from './messaging/sender.js';
import type { Platform } from './platform.js';
import { detectPlatform } from './platforms/detect.js';
import type { Transport } from './transport.js';
import { BrokenTransport } from './transports/broken.js';
import { chooseTransport } from './transports/choose.js';

/**
 * Options of {@link Jetpack.open}.
 *
 * @public
 */
export interface JetpackOptions {
  /** Root of the home. @defaultValue `JETPACK_HOME`, else `CYCLECLOUD_HOME`, else the platform's own */
  readonly home?: string;
  /** Home, connection and what children inherit. @defaultValue that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What runs programs and knows the default home. @defaultValue the platform of this machine */
  readonly platform?: Platform;
  /** The way to the server. @defaultValue what `config/connection.json` says, else the file `logs/messages.jsonl` */
  readonly transport?: Transport;
  /** Where projects come from. @defaultValue what `config/connection.json` says */
  readonly locker?: Locker;
  /** Told what a person should know, a line each: open permissions, TLS that is not verified. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
  /** Told what goes wrong while nobody waits for it. @defaultValue nobody is told */
  readonly onError?: (error: Error) => void;
}

/** The connection, or why there is none. */
type ConnectionResult = { readonly connection: Connection } | { readonly damage: JetpackError };

/**
 * The agent of one node: its six classes over one home. Opening it reads `config/connection.json` and contacts nobody. A
 * damaged connection.json does not keep it from opening: what needs a server or a locker then fails with that damage, and
 * the rest works. Close it when done: `await using jetpack = await Jetpack.open()`.
 *
 * @public
 */
export class Jetpack implements AsyncDisposable {
  /** Which paths the six classes use. */
  readonly home: Home;
  /** What all of them run programs with. */
  readonly platform: Platform;
  /** The way to the server. The {@link Jetpack.sender} is its only caller. */
  readonly transport: Transport;
  /** Reads attributes, of the files and of the machine. */
  readonly config: Config;
  /** Its outbox is that of the home, which other processes fill as well. */
  readonly sender: Sender;
  /** Speaks through {@link Jetpack.sender}. */
  readonly logger: Logger;
  /** Opens the locker when it first needs it; {@link Jetpack.close} closes it. */
  readonly converger: Converger;
  /** Reports changes through {@link Jetpack.sender}. */
  readonly keepAlive: KeepAlive;
  /** Runs when it is called: there is no timer behind it. It obeys {@link Jetpack.keepAlive}. */
  readonly healthCheck: HealthCheck;
  #locker: Locker | undefined;

  private constructor(home: Home, result: ConnectionResult, options: JetpackOptions) {
    const { platform = detectPlatform(), env = process.env, onError } = options;
    const transport = options.transport ?? openTransport(home, result, options);
    const config = new Config({ home, platform });
    const connection = 'connection' in result ? result.connection : undefined;
    const sender = new Sender({
      home,
      transport,
      platform,
      identity: async () => readIdentity(config, connection?.cluster),
      ...(connection === undefined ? {} : { exchange: connection.broker.exchange }),
      ...(onError === undefined ? {} : { onError }),
    });
    const parts = { home, config, sender, platform, env };
    this.home = home;
    this.platform = platform;
    this.transport = transport;
    this.config = config;
    this.sender = sender;
    this.logger = new Logger({ sender });
    this.keepAlive = new KeepAlive({ home, sender, platform });
    this.healthCheck = new HealthCheck({ ...parts, keepAlive: this.keepAlive });
    this.converger = new Converger({
      ...parts,
      locker: async () => {
        this.#locker ??= options.locker ?? openLocker(result);
        return this.#locker;
      },
    });
  }

  /**
   * Opens the agent of a home. The home need not exist yet.
   *
   * @throws never for a damaged connection.json: see {@link Jetpack}
   */
  static async open(options: JetpackOptions = {}): Promise<Jetpack> {
    const { platform = detectPlatform(), env = process.env, onWarning } = options;
    const home = resolveHome(platform, env, options.home);
    const result = await tryConnection(home, env);
    if ('connection' in result) {
      for (const warning of result.connection.warnings) onWarning?.(warning);
    }
    return new Jetpack(home, result, options);
  }

  /** Ends what is under way, closes transport and locker. What was accepted stays in the outbox. Twice is once. */
  async close(): Promise<void> {
    await this.sender.close();
    await this.#locker?.close();
  }

  /** {@link Jetpack.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
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

function openTransport(home: Home, result: ConnectionResult, options: JetpackOptions): Transport {
  if ('damage' in result) return new BrokenTransport(result.damage);
  const { onWarning } = options;
  try {
    return chooseTransport(result.connection, home, onWarning === undefined ? {} : { onWarning });
  } catch (error) {
    if (error instanceof JetpackError) return new BrokenTransport(error);
    throw error;
  }
}

function openLocker(result: ConnectionResult): Locker | undefined {
  if ('damage' in result) throw result.damage;
  const { lockerUrl } = result.connection;
  return lockerUrl === undefined ? undefined : chooseLocker(lockerUrl);
}
