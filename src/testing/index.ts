/**
 * For those who test their own scripts, plugins, transports, platforms and lockers.
 *
 * @packageDocumentation
 */
export { ManualClock } from './manual-clock.js';
export { createTemporaryHome } from './temporary-home.js';
export type { TemporaryHome } from './temporary-home.js';
