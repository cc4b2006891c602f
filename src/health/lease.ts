import type { Clock } from '../clock.js';
import { isTime, membersOf } from '../internal/state-file.js';

/** The record of a keepalive as it lies in `run/keepalive.json`. Its clock readings are those of the moment it was set. */
export interface Lease {
  /** Milliseconds. */
  readonly duration: number | 'forever';
  /** Wall clock, milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds since that boot. */
  readonly uptime: number;
  readonly bootId: string;
  readonly by: string;
  readonly reason?: string;
}

/**
 * Milliseconds that a lease has left, 0 when it is over. Within the boot it was set in the uptime counts, so that no jump
 * of the wall clock touches it. After a reboot there is only the wall clock, and it never gives more than the whole lease.
 */
export function remainingOf(
  lease: Lease,
  clock: Pick<Clock, 'now' | 'uptime'>,
  bootId: string,
): number {
  if (lease.duration === 'forever') return Infinity;
  const passed =
    lease.bootId === bootId ? clock.uptime() - lease.uptime : clock.now() - lease.since;
  return Math.min(lease.duration, Math.max(0, lease.duration - passed));
}

/** The lease in a state file's content; `undefined` when there is none in it. */
export function readLease(content: unknown): Lease | undefined {
  const members = membersOf(content);
  const [duration, since, uptime] = ['duration', 'since', 'uptime'].map((key) => members.get(key));
  const [bootId, by, reason] = ['bootId', 'by', 'reason'].map((key) => members.get(key));
  if (duration !== 'forever' && !(typeof duration === 'number' && duration > 0)) return undefined;
  if (!isTime(since) || typeof uptime !== 'number') return undefined;
  if (typeof bootId !== 'string' || typeof by !== 'string') return undefined;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  return { duration, since, uptime, bootId, by, ...(reason === undefined ? {} : { reason }) };
}
