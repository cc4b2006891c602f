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
  const certificate = certificateReason(error);
  if (certificate !== undefined) {
    return new JetpackError('ERR_JETPACK_BAD_CONFIG', `cannot trust ${target}: ${certificate}`, {
      cause: error,
      hint: 'see broker.ca, broker.cert and broker.key in config/connection.json',
    });
  }
  return new TemporaryError(
    'ERR_JETPACK_UNREACHABLE',
    `cannot reach ${target}: ${connectionReason(error)}`,
    { cause: error },
  );
}

/** The broker reads nothing for now, because its memory or its disk is full: nothing can leave. */
export function blockedError(target: string, reason: string): TemporaryError {
  return new TemporaryError(
    'ERR_JETPACK_UNREACHABLE',
    `cannot send to ${target}: the broker takes no messages for now: ${reason}`,
  );
}

/**
 * Whether the broker has ended a channel or a connection over what one message was: too large (406), a routing key this
 * user may not use (403), or one it cannot read (501, 502). A missing exchange (404) is no message's fault.
 */
export function isMessageRefusal(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : 0;
  if (code === 403) return error instanceof Error && error.message.includes('access to topic');
  return code === 406 || code === 501 || code === 502;
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

const ownCertificate = 'the broker refuses our certificate, or wants one';
const unknownAuthority = 'no authority that we know has signed its certificate';

/** OpenSSL's words for what is wrong with a certificate: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/ */
const certificateWords: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: is the clock right?',
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
};

function certificateReason(error: unknown): string | undefined {
  const code = errnoOf(error) ?? '';
  return certificateWords[code] ?? (/^ERR_SSL_.*ALERT/.test(code) ? ownCertificate : undefined);
}
