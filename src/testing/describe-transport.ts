import { setTimeout as delay } from 'node:timers/promises';

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
 * What {@link describeTransport} tests.
 *
 * @public
 */
export interface DescribeTransportOptions {
  /** What the tests are defined with. */
  readonly runner: TestRunner;
  /** A fresh transport with an other side that works. */
  readonly create: () => Promise<TransportUnderTest>;
  /** A fresh transport whose other side does not answer at all; absent where that cannot be. */
  readonly createUnreachable?: () => Promise<Transport>;
}

/** Milliseconds for what was confirmed to be seen at the other side. */
const patience = 5000;

/**
 * The contract of {@link Transport} as tests. Run it over a transport of your own.
 *
 * @public
 */
export function describeTransport(name: string, options: DescribeTransportOptions): void {
  const { runner } = options;
  runner.describe(`${name} keeps the contract of a transport:`, () => {
    describeArrival(options);
    describeEnd(options);
  });
}

function describeArrival({ runner, create }: DescribeTransportOptions): void {
  runner.it('a confirmed message has arrived as it was', async () => {
    await using side = await create();
    const body = Buffer.from('{"level":"info","text":"ä\\n€"}');
    const message = makeMessage(side, { contentType: 'application/json', body, type: 'log' });

    const outcome = await side.transport.send(message, { attempt: 3 });

    runner.equal(outcome, { status: 'confirmed' });
    const [arrived] = await arrivedSoon(side, 1);
    runner.equal(pick(arrived), pick({ ...message, headers: { ...message.headers, attempt: 3 } }));
  });

  runner.it('bytes of any value and an empty body arrive unchanged', async () => {
    await using side = await create();
    const all = Uint8Array.from({ length: 256 }, (_, value) => value);
    const bodies = [all, new Uint8Array(), Buffer.alloc(300_000, 7)];

    for (const body of bodies) await side.transport.send(makeMessage(side, { body }));

    const arrived = await arrivedSoon(side, bodies.length);
    runner.equal(
      arrived.map(({ body }) => Buffer.from(body).toString('hex')),
      bodies.map((body) => Buffer.from(body).toString('hex')),
    );
  });

  runner.it('many at once are all confirmed and arrive in the order of the calls', async () => {
    await using side = await create();
    const messages = Array.from({ length: 500 }, () => makeMessage(side, {}));

    const outcomes = await Promise.all(messages.map(async (one) => side.transport.send(one)));

    runner.equal(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']));
    const arrived = await arrivedSoon(side, messages.length);
    runner.equal(
      arrived.map(({ messageId }) => messageId),
      messages.map(({ messageId }) => messageId),
    );
  });
}

function describeEnd({ runner, create, createUnreachable }: DescribeTransportOptions): void {
  runner.it('nothing is sent for a caller who has given up already', async () => {
    await using side = await create();

    const sending = side.transport.send(makeMessage(side, {}), { signal: AbortSignal.abort() });

    runner.equal(await rejection(sending), 'ERR_JETPACK_ABORTED');
    runner.equal((await side.arrived()).length, 0);
  });

  runner.it('close twice does nothing more, and nothing is sent after it', async () => {
    await using side = await create();
    await side.transport.send(makeMessage(side, {}));

    await side.transport.close();
    await side.transport.close();

    const sending = side.transport.send(makeMessage(side, {}));
    runner.equal(await rejection(sending), 'ERR_JETPACK_ABORTED');
  });

  runner.it('close settles what is open', async () => {
    await using side = await create();
    const open = Array.from({ length: 20 }, async () => side.transport.send(makeMessage(side, {})));
    const settled = Promise.allSettled(open);

    await side.transport.close();

    runner.equal((await settled).length, 20);
  });

  runner.it('its target shows no secret', async () => {
    await using side = await create();

    runner.equal(/@|\?|guest/.test(side.transport.target), false);
  });

  if (createUnreachable === undefined) return;
  runner.it('it says that the other side cannot be reached, and may be asked again', async () => {
    await using transport = await createUnreachable();
    const message = makeMessage({ exchange: 'any' }, {});

    const codes = [
      await rejection(transport.send(message)),
      await rejection(transport.send(message)),
    ];

    runner.equal(codes, ['ERR_JETPACK_UNREACHABLE', 'ERR_JETPACK_UNREACHABLE']);
  });
}

let count = 0;

function makeMessage({ exchange }: { exchange: string }, parts: Partial<Message>): Message {
  const serial = String(++count).padStart(12, '0');
  return {
    messageId: `01900000-0000-7000-8000-${serial}`,
    timestamp: Date.UTC(2030, 0, 1),
    exchange,
    routingKey: 'conformance.test',
    type: 'send',
    contentType: 'application/octet-stream',
    headers: { cluster: 'c', node: 'n', flag: true, number: 7 },
    priority: 'medium',
    body: Buffer.from(serial),
    ...parts,
  };
}

function pick(message: ArrivedMessage | undefined): unknown {
  if (message === undefined) return undefined;
  const { messageId, routingKey, type, contentType, headers, body } = message;
  return { messageId, routingKey, type, contentType, headers, body: Buffer.from(body).toString() };
}

/** What is confirmed is the other side's; it may be seen there a moment later. */
async function arrivedSoon(
  side: TransportUnderTest,
  expected: number,
): Promise<readonly ArrivedMessage[]> {
  const until = performance.now() + patience;
  let arrived = await side.arrived();
  while (arrived.length < expected && performance.now() < until) {
    await delay(10);
    arrived = await side.arrived();
  }
  return arrived;
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
