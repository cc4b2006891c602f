/**
 * The agent of a CycleCloud cluster's node, as a library.
 *
 * @packageDocumentation
 */
export { systemClock } from './clock.js';
export type { Clock } from './clock.js';
export { Config } from './config/config.js';
export type { ConfigEntry, ConfigOptions } from './config/config.js';
export type { Explanation } from './config/explain.js';
export type { KnownKeys } from './config/known-keys.js';
export type { Machine } from './config/sources/system/machine.js';
export type { ConfigValue } from './config/values.js';
export { JetpackError, TemporaryError, UsageError } from './errors.js';
export type { JetpackErrorCode, JetpackErrorOptions } from './errors.js';
export { Home, resolveHome } from './home.js';
export type { HomeOptions } from './home.js';
export { JsonNumber, stringifyJson } from './internal/lossless-json.js';
export type { ExactObject, ExactValue } from './internal/lossless-json.js';
export { nearest } from './internal/nearest.js';
export type { Locker, LockerBlob, LockerEntry, LockerOpenOptions } from './locker.js';
export type * from './messaging/messages.js';
export type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from './platform.js';
export { detectPlatform } from './platforms/detect.js';
export type { Message, Outcome, Priority, Transport, TransportSendOptions } from './transport.js';
export { compatibleVersion, version } from './version.js';
