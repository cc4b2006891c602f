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
export { readConnection } from './connection.js';
export type { BrokerConnection, Connection } from './connection.js';
export { Converger } from './converge/converger.js';
export type { ConvergeEvent, ConvergeStep, ScriptFolder, ScriptName } from './converge/events.js';
export { readLastConverge } from './converge/journal.js';
export type { LastConverge } from './converge/journal.js';
export type {
  ConfigReader,
  ConvergeOptions,
  ConvergeResult,
  ConvergerOptions,
  DownloadOptions,
  DownloadProgress,
  PlanOptions,
} from './converge/options.js';
export type { Plan, PlanSpec, PlanStep } from './converge/plan.js';
export { JetpackError, TemporaryError, UsageError } from './errors.js';
export type { JetpackErrorCode, JetpackErrorOptions } from './errors.js';
export type { CheckVerdict, Verdict } from './health/check.js';
export { HealthCheck } from './health/health-check.js';
export type {
  CheckStatus,
  HealthCheckOptions,
  HealthRound,
  HeldVerdict,
} from './health/health-check.js';
export { KeepAlive } from './health/keep-alive.js';
export type { KeepAliveOptions, KeepAliveState } from './health/keep-alive.js';
export { Home, resolveHome } from './home.js';
export type { HomeOptions } from './home.js';
export { formatDuration, parseDuration } from './internal/duration.js';
export { JsonNumber } from './internal/lossless-json.js';
export type { ExactObject, ExactValue } from './internal/lossless-json.js';
export { stringifyJson } from './internal/stringify-json.js';
export { nearest } from './internal/nearest.js';
export type { Disk } from './internal/disk.js';
export { Jetpack } from './jetpack.js';
export type { JetpackOptions } from './jetpack.js';
export type { Locker, LockerBlob, LockerEntry, LockerOpenOptions } from './locker.js';
export { chooseLocker } from './lockers/choose.js';
export type {
  Delivery,
  MessageSource,
  ReceivedMessage,
  Settlement,
  SubscribeOptions,
  Subscription,
} from './message-source.js';
export { Logger } from './messaging/logger.js';
export type { LoggerOptions, LogOptions } from './messaging/logger.js';
export type * from './messaging/messages.js';
export type { OutboxBounds } from './messaging/bounds.js';
export type { Outbox } from './messaging/outbox.js';
export type {
  OutboxEntry,
  OutboxMessage,
  OutboxSummary,
  OutboxVerification,
} from './messaging/outbox.js';
export { Receiver } from './messaging/receiver.js';
export type { ReceiverOptions } from './messaging/receiver.js';
export { Sender } from './messaging/sender.js';
export type { FlushOptions, FlushResult, SenderOptions, SendOptions } from './messaging/sender.js';
export { openReceiver } from './open-receiver.js';
export type { OpenReceiverOptions } from './open-receiver.js';
export { openSender } from './open-sender.js';
export type { OpenSenderOptions } from './open-sender.js';
export type { Command, Platform, ProcessIdentity, RunOptions, RunResult } from './platform.js';
export { detectPlatform } from './platforms/detect.js';
export type { Message, Outcome, Priority, Transport, TransportSendOptions } from './transport.js';
export { AmqpSource } from './transports/amqp-source.js';
export type { AmqpSourceOptions } from './transports/amqp-source.js';
export { AmqpTransport } from './transports/amqp.js';
export type { AmqpCredentials } from './transports/amqp-connection.js';
export type { AmqpTransportOptions } from './transports/amqp.js';
export { chooseMessageSource } from './transports/choose-source.js';
export type { ChooseMessageSourceOptions } from './transports/choose-source.js';
export { chooseTransport } from './transports/choose.js';
export type { ChooseTransportOptions } from './transports/choose.js';
export { formatMessageLine } from './transports/file-line.js';
export { FileSource } from './transports/file-source.js';
export type { FileSourceOptions } from './transports/file-source.js';
export { FileTransport } from './transports/file.js';
export type { FileTransportOptions } from './transports/file.js';
export { compatibleVersion, version } from './version.js';
