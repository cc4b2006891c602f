/**
 * For those who test their own scripts, plugins, transports, platforms and lockers.
 *
 * @packageDocumentation
 */
export { describeTransport } from './describe-transport.js';
export type {
  ArrivedMessage,
  DescribeTransportOptions,
  EndFault,
  TestRunner,
  TransportFaults,
  TransportUnderTest,
} from './describe-transport-options.js';
export { describeLocker } from './describe-locker.js';
export type { LockerSuiteTools, LockerUnderTest } from './describe-locker.js';
export { FakePlatform } from './fake-platform.js';
export type { FakePlatformOptions, FakeProgram, FakeRun } from './fake-platform.js';
export { ManualClock } from './manual-clock.js';
export { MemoryTransport } from './memory-transport.js';
export type { MemoryAnswer, MemoryAttempt } from './memory-transport.js';
export { createTemporaryHome } from './temporary-home.js';
export type { TemporaryHome } from './temporary-home.js';
