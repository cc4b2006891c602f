import { JetpackError, TemporaryError } from '../errors.js';
import { errnoOf, fsReason } from '../internal/fs-error.js';

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ETIMEDOUT: 'no answer',
  EPIPE: 'the connection was closed',
};

/** Why a connection could not be made or was lost, in words. */
export function connectionReason(error: unknown): string {
  const known = words[errnoOf(error) ?? ''];
  if (known !== undefined) return known;
  if (error instanceof AggregateError && error.errors.length > 0) {
    return connectionReason(error.errors[0]); // a host with several addresses: none answered
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.includes('ETIMEDOUT') ? 'no answer' : message.split('\n')[0] || fsReason(error);
}

/**
 * What a failed attempt to connect means. Refused credentials arrive as text only: RabbitMQ ends the handshake with
 * `403 (ACCESS-REFUSED)`; a missing or forbidden virtual host is refused when it is opened, which the library reports as
 * an unexpected close.
 */
export function connectError(error: unknown, target: string): JetpackError {
  if (error instanceof JetpackError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/\b403\b|ACCESS.REFUSED/i.test(text)) {
    return new JetpackError(
      'ERR_JETPACK_PERMISSION',
      `cannot log in to ${target}: the broker refuses the user name or the password`,
      { cause: error, hint: 'mend broker.urls in config/connection.json, or JETPACK_BROKER_URL' },
    );
  }
  if (/\b530\b|NOT.ALLOWED|ConnectionOpenOk; got <ConnectionClose/i.test(text)) {
    return new JetpackError(
      'ERR_JETPACK_BAD_CONFIG',
      `cannot use ${target}: the broker has no such virtual host, or not for this user`,
      { cause: error, hint: 'the path of the broker url is the name of the virtual host' },
    );
  }
  return new TemporaryError(
    'ERR_JETPACK_UNREACHABLE',
    `cannot reach ${target}: ${connectionReason(error)}`,
    { cause: error },
  );
}

/** An exchange that cannot be declared: it is there with other properties, or this user may not. */
export function exchangeError(error: unknown, exchange: string, target: string): JetpackError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : 0;
  if (code === 406) {
    return new JetpackError(
      'ERR_JETPACK_BAD_CONFIG',
      `cannot publish to the exchange ${exchange} of ${target}: it exists with other properties than topic and durable`,
      { cause: error, hint: 'delete it at the broker, or name another one: broker.exchange' },
    );
  }
  if (code === 403) {
    return new JetpackError(
      'ERR_JETPACK_PERMISSION',
      `cannot publish to the exchange ${exchange} of ${target}: the broker refuses this user`,
      { cause: error },
    );
  }
  return connectError(error, target);
}
