import { Config } from './config/config.js';
import { Converger } from './converge/converger.js';
import { HealthCheck } from './health/health-check.js';
import { KeepAlive } from './health/keep-alive.js';
import type { Home } from './home.js';
import type { Locker } from './locker.js';
import { chooseLocker } from './lockers/choose.js';
import { Logger } from './messaging/logger.js';
import type { Sender } from './messaging/sender.js';
import { wireSender } from './open-sender.js';
import type { ConnectionResult, OpenSenderOptions, SenderWiring } from './open-sender.js';
import type { Platform } from './platform.js';
import type { Transport } from './transport.js';

/**
 * Options of {@link Jetpack.open}.
 *
 * @public
 */
export interface JetpackOptions extends OpenSenderOptions {
  /** Where projects come from. @defaultValue what `config/connection.json` says */
  readonly locker?: Locker;
}

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

  private constructor(wiring: SenderWiring, options: JetpackOptions) {
    const { home, platform, transport, sender, result } = wiring;
    const { env = process.env } = options;
    const config = new Config({ home, platform });
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
    return new Jetpack(await wireSender(options), options);
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

function openLocker(result: ConnectionResult): Locker | undefined {
  if ('damage' in result) throw result.damage;
  const { lockerUrl } = result.connection;
  return lockerUrl === undefined ? undefined : chooseLocker(lockerUrl);
}
