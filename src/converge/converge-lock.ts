import { throwIfAborted } from '../internal/abort.js';
import { lockedError, tryLock, type HeldLock } from '../internal/lock.js';
import type { ConvergeEvent } from './events.js';
import type { Layout } from './layout.js';
import type { ConvergeOptions, ConvergeTools } from './options.js';

const pollMilliseconds = 500;

/**
 * Takes the one lock of this home's converges, waiting as long as was asked for.
 *
 * @throws TemporaryError `ERR_JETPACK_LOCKED`, saying who holds it
 * @throws JetpackError `ERR_JETPACK_ABORTED`, `ERR_JETPACK_CANNOT_WRITE`, `ERR_JETPACK_PERMISSION`
 */
export async function takeLock(
  tools: ConvergeTools & { readonly layout: Layout },
  options: ConvergeOptions,
  emit: (event: ConvergeEvent) => void,
): Promise<HeldLock> {
  const { clock, layout, platform } = tools;
  const { signal, waitLock = 0 } = options;
  const until = clock.uptime() + waitLock;
  for (let told = false; ; told = true) {
    throwIfAborted('waiting for the lock', signal);
    const { held, owner } = await tryLock(layout.lock, 'converge', platform);
    if (held !== undefined) return held;
    const error = lockedError('converge', layout.lock, owner);
    const rest = until - clock.uptime();
    if (rest <= 0) throw error;
    if (!told) emit({ type: 'lock-waiting', message: error.message });
    await sleep(Math.min(pollMilliseconds, rest), tools, signal);
  }
}

async function sleep(
  milliseconds: number,
  { clock }: ConvergeTools,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await clock.sleep(milliseconds, signal);
  } catch (error) {
    throwIfAborted('waiting for the lock', signal);
    throw error;
  }
}
