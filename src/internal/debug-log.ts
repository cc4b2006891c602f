import { createRequire } from 'node:module';

import type createDebug from 'debug';

/** Says one line, with `printf` placeholders, to a person who asked for it. */
export type DebugLog = (format: string, ...facts: unknown[]) => void;

const silent: DebugLog = () => undefined;

/**
 * What happens, for the person who has to know: `DEBUG=jetpack:*` in the environment, lines on stderr. Whoever has not
 * asked pays nothing: the package `debug` (4 ms) is loaded only for one who has. No secret is ever given to it.
 */
export function debugLog(name: 'amqp' | 'http' | 'outbox' | 'process'): DebugLog {
  if (!process.env['DEBUG']) return silent;
  // Required, not imported: a line must be out before a short command ends.
  const create: typeof createDebug = createRequire(import.meta.url)('debug');
  return create(`jetpack:${name}`);
}
