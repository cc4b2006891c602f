import type { Message, Transport } from '../transport.js';

/**
 * The part of a test runner that the suites need: vitest's, or any other of that shape.
 *
 * @public
 */
export interface TestRunner {
  /** Groups tests. The suite is called at once, and defines them. */
  describe(name: string, suite: () => void): unknown;
  /** Defines a test, which fails when its promise rejects. */
  it(name: string, test: () => Promise<void>): unknown;
  /** Fails the test when the values differ in depth. */
  equal(actual: unknown, expected: unknown): void;
}

/**
 * What arrived at the other side.
 *
 * @public
 */
export interface ArrivedMessage {
  /** Of the AMQP properties, or whatever carries {@link Message.messageId} there. */
  readonly messageId: string;
  /** As it was published. */
  readonly routingKey: string;
  /** What kind of message the body is, as it was published. */
  readonly type: string;
  /** MIME type, as in {@link Message.contentType}. */
  readonly contentType: string;
  /** Headers, `attempt` among them. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The bytes as they arrived; the suite compares them one by one. */
  readonly body: Uint8Array;
}

/**
 * A transport under test, with its other side.
 *
 * @public
 */
export interface TransportUnderTest extends AsyncDisposable {
  /** Nothing has been sent through it yet. A test may close it before the whole is disposed. */
  readonly transport: Transport;
  /** The exchange that the suite publishes to; whatever is published there arrives. */
  readonly exchange: string;
  /** What has arrived, in order. */
  arrived(): Promise<readonly ArrivedMessage[]>;
}

/**
 * Ends a fault: from then on the other side works as before.
 *
 * @public
 */
export type EndFault = () => Promise<void>;

/**
 * The faults that the author of a transport can make happen, each with what the suite then expects. One that cannot be
 * made is left out, and so are its tests. A fault begins when the hook's promise resolves, and ends when what it resolved
 * with is called; it is called once.
 *
 * @public
 */
export interface TransportFaults<Side extends TransportUnderTest = TransportUnderTest> {
  /** Nobody answers any more, and a connection that is there has ended: `ERR_JETPACK_UNREACHABLE`. */
  readonly unreachable?: (side: Side) => Promise<EndFault>;
  /** What is sent is taken and never answered: `unknown`, when the transport's own deadline is over. Make it a short one. */
  readonly silent?: (side: Side) => Promise<EndFault>;
  /** What is sent is refused for now (no route, a full queue): `rejected`, but not for ever. */
  readonly refusing?: (side: Side) => Promise<EndFault>;
  /** Every connection ends at once, whatever is under way; a new one can be made. There is nothing to end. */
  readonly cut?: (side: Side) => Promise<void>;
  /** Parts of a message that can never be accepted, for example a routing key that is too long: `rejected` for ever. */
  readonly unacceptable?: Partial<Message>;
}

/**
 * What {@link describeTransport} tests.
 *
 * @public
 */
export interface DescribeTransportOptions<Side extends TransportUnderTest = TransportUnderTest> {
  /** What the tests are defined with. */
  readonly runner: TestRunner;
  /** A fresh transport with an other side that works. */
  readonly create: () => Promise<Side>;
  /** A fresh transport whose other side does not answer at all; absent where that cannot be. */
  readonly createUnreachable?: () => Promise<Transport>;
  /** What can go wrong on the way, made by hand. */
  readonly faults?: TransportFaults<Side>;
}
