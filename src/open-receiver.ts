import { readConnection } from './connection.js';
import { resolveHome } from './home.js';
import { Receiver } from './messaging/receiver.js';
import type { ReceiverOptions } from './messaging/receiver.js';
import type { Platform } from './platform.js';
import { detectPlatform } from './platforms/detect.js';
import { chooseMessageSource } from './transports/choose-source.js';

/**
 * Options of {@link openReceiver}.
 *
 * @public
 */
export interface OpenReceiverOptions extends Omit<ReceiverOptions, 'source'> {
  /** Root of the home. @defaultValue `JETPACK_HOME`, else `CYCLECLOUD_HOME`, else the platform's own */
  readonly home?: string;
  /** Home and connection. @defaultValue that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What knows the default home. @defaultValue the platform of this machine */
  readonly platform?: Platform;
  /** Where the file is begun when there is no broker; a broker's queue decides itself. @defaultValue `now` */
  readonly from?: 'beginning' | 'now';
  /** Told what a person should know, a line each: open permissions, TLS that is not verified. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
}

/**
 * Receives what the agents of a cluster say, from where the connection of this home says they say it: the broker, or the
 * file `logs/messages.jsonl`. Resolves when it has started:
 * `await using receiver = await openReceiver({ patterns: 'log.#', onMessage })`.
 *
 * @throws JetpackError as {@link readConnection}, {@link chooseMessageSource} and {@link Receiver.start} do
 *
 * @public
 */
export async function openReceiver(options: OpenReceiverOptions): Promise<Receiver> {
  const { platform = detectPlatform(), env = process.env, from = 'now', onWarning } = options;
  const home = resolveHome(platform, env, options.home);
  const connection = await readConnection(home, env);
  for (const warning of connection.warnings) onWarning?.(warning);
  const warn = onWarning === undefined ? {} : { onWarning };
  const source = chooseMessageSource(connection, home, { from, ...warn });
  const receiver = new Receiver({ ...options, source });
  try {
    await receiver.start();
  } catch (error) {
    await receiver.close();
    throw error;
  }
  return receiver;
}
