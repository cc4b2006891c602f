/**
 * The agent of a CycleCloud cluster's node, as a library.
 *
 * @packageDocumentation
 */
export { systemClock } from './clock.js';
export type { Clock } from './clock.js';
export { JetpackError, TemporaryError, UsageError } from './errors.js';
export type { JetpackErrorCode, JetpackErrorOptions } from './errors.js';
export { Home, resolveHome } from './home.js';
export type { HomeOptions } from './home.js';
export type { Locker, LockerBlob, LockerEntry, LockerOpenOptions } from './locker.js';
export type * from './messaging/messages.js';
export type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from './platform.js';
export { detectPlatform } from './platforms/detect.js';
export type { Message, Outcome, Priority, Transport, TransportSendOptions } from './transport.js';
