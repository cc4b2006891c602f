import type { ConfigValue } from '../../values.js';
import type { Machine } from './machine.js';

/**
 * Finds out the value of one of Ohai's top-level keys; `undefined` when this machine has none. The signal is aborted when
 * nobody waits any more.
 */
export type Collector = (machine: Machine, signal: AbortSignal) => Promise<ConfigValue | undefined>;
