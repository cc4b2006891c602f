import type { Connection } from '../connection.js';
import type { Home } from '../home.js';
import type { MessageSource } from '../message-source.js';
import { AmqpSource } from './amqp-source.js';
import { isFileBroker } from './choose.js';
import { FileSource } from './file-source.js';

/**
 * Options of {@link chooseMessageSource}.
 *
 * @public
 */
export interface ChooseMessageSourceOptions {
  /** Where a file is begun; a broker's queue decides itself. @defaultValue `now` */
  readonly from?: 'beginning' | 'now';
  /** Told what a person should know about a connection, in one line. @defaultValue nobody is told */
  readonly onWarning?: (warning: string) => void;
}

/**
 * Where the messages arrive that {@link chooseTransport} sends: at the broker, or in the file. Nothing is contacted and no
 * file is touched yet.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` when the urls have another scheme, or several
 *
 * @public
 */
export function chooseMessageSource(
  connection: Pick<Connection, 'broker'>,
  home: Home,
  options: ChooseMessageSourceOptions = {},
): MessageSource {
  const { broker } = connection;
  const { from = 'now', onWarning } = options;
  if (!isFileBroker(broker.urls)) {
    return new AmqpSource({ ...broker, ...(onWarning === undefined ? {} : { onWarning }) });
  }
  const [file = home.messagesFile] = broker.urls;
  return new FileSource({ file, from });
}
