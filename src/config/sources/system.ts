import type { Clock } from '../../clock.js';
import { JetpackError, TemporaryError } from '../../errors.js';
import { fsReason } from '../../internal/fs-error.js';
import type { ExactValue } from '../../internal/lossless-json.js';
import type { Source } from '../source.js';
import { toExact } from '../values.js';
import type { Collector } from './system/collector.js';
import type { Machine } from './system/machine.js';
import { remembering } from './system/machine.js';

/** Options of {@link systemSource}. */
export interface SystemSourceOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  /** Milliseconds each collector has. */
  readonly deadline: number;
}

/** Where each of Ohai's top-level keys comes from. Nothing is loaded before its key is asked for. */
const collectors: Readonly<Record<string, () => Promise<Collector>>> = {
  cpu: async () => (await import('./system/cpu.js')).cpu,
  domain: async () => (await import('./system/hostname.js')).domain,
  fqdn: async () => (await import('./system/hostname.js')).fqdn,
  hostname: async () => (await import('./system/hostname.js')).hostname,
  idletime: async () => (await import('./system/uptime.js')).idletime,
  idletime_seconds: async () => (await import('./system/uptime.js')).idletimeSeconds,
  ip6address: async () => (await import('./system/addresses.js')).ip6address,
  ipaddress: async () => (await import('./system/addresses.js')).ipaddress,
  kernel: async () => (await import('./system/kernel.js')).kernel,
  lsb: async () => (await import('./system/lsb.js')).lsb,
  macaddress: async () => (await import('./system/addresses.js')).macaddress,
  machine_id: async () => (await import('./system/machine-id.js')).machineId,
  machinename: async () => (await import('./system/hostname.js')).machinename,
  memory: async () => (await import('./system/memory.js')).memory,
  os: async () => (await import('./system/os.js')).os,
  os_release: async () => (await import('./system/os-release.js')).osRelease,
  os_version: async () => (await import('./system/os.js')).osVersion,
  platform: async () => (await import('./system/platform.js')).platform,
  platform_family: async () => (await import('./system/platform.js')).platformFamily,
  platform_version: async () => (await import('./system/platform.js')).platformVersion,
  root_group: async () => (await import('./system/root-group.js')).rootGroup,
  uptime: async () => (await import('./system/uptime.js')).uptime,
  uptime_seconds: async () => (await import('./system/uptime.js')).uptimeSeconds,
};

/** The machine's own attributes, with Ohai's names, shapes and values. */
export function systemSource(options: SystemSourceOptions): Source {
  // Several keys come from one file: within one lookup it is read once, in the next one again.
  const machine = remembering(options.machine);
  return {
    name: 'system',
    keys: Object.keys(collectors),
    collect: async (key) => {
      const load = Object.hasOwn(collectors, key) ? collectors[key] : undefined;
      if (load === undefined) return undefined;
      return collect(key, await load(), { ...options, machine });
    },
  };
}

async function collect(
  key: string,
  collector: Collector,
  options: SystemSourceOptions,
): Promise<ExactValue | undefined> {
  const over = new AbortController();
  try {
    const work = collector(options.machine, over.signal);
    const value = await Promise.race([work, tooLate(key, options, over.signal)]);
    return value === undefined ? undefined : toExact(value);
  } catch (error) {
    if (error instanceof JetpackError) throw error;
    throw new JetpackError('ERR_JETPACK_NOT_FOUND', `cannot collect ${key}: ${fsReason(error)}`, {
      cause: error,
    });
  } finally {
    over.abort(); // ends the timer, and whatever the collector still has running
  }
}

/** Rejects when the time is over. Most collectors answer without waiting for anything: those cost no timer. */
async function tooLate(
  key: string,
  { clock, deadline }: SystemSourceOptions,
  signal: AbortSignal,
): Promise<undefined> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  if (signal.aborted) return undefined;
  await clock.sleep(deadline, signal);
  throw new TemporaryError(
    'ERR_JETPACK_TIMEOUT',
    `cannot collect ${key}: no answer within ${deadline} ms`,
  );
}
