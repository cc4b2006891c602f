import { describeFaults } from './describe-transport-faults.js';
import type {
  ArrivedMessage,
  DescribeTransportOptions,
  TransportUnderTest,
} from './describe-transport-options.js';
import { arrivedSoon, makeMessage, rejection } from './describe-transport-tools.js';

/**
 * The contract of {@link Transport} as tests. Run it over a transport of your own; with {@link TransportFaults} it also
 * tests what becomes of messages when the other side fails.
 *
 * @public
 */
export function describeTransport<Side extends TransportUnderTest>(
  name: string,
  options: DescribeTransportOptions<Side>,
): void {
  const { runner } = options;
  runner.describe(`${name} keeps the contract of a transport:`, () => {
    describeArrival(options);
    describeEnd(options);
    describeFaults(options);
  });
}

/** What the tests need in which nothing fails on the way. */
type WithoutFaults = Omit<DescribeTransportOptions, 'faults'>;

function describeArrival({ runner, create }: WithoutFaults): void {
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

function describeEnd({ runner, create, createUnreachable }: WithoutFaults): void {
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

function pick(message: ArrivedMessage | undefined): unknown {
  if (message === undefined) return undefined;
  const { messageId, routingKey, type, contentType, headers, body } = message;
  return { messageId, routingKey, type, contentType, headers, body: Buffer.from(body).toString() };
}
