import type { Message } from '../transport.js';
import type {
  DescribeTransportOptions,
  TestRunner,
  TransportFaults,
  TransportUnderTest,
} from './describe-transport-options.js';
import { makeMessage, missing, rejection } from './describe-transport-tools.js';

/** The suite with its hooks known to be there. */
interface FaultSuite<Side extends TransportUnderTest> {
  readonly runner: TestRunner;
  readonly create: () => Promise<Side>;
  readonly faults: TransportFaults<Side>;
}

/** The tests of those faults that can be made. */
export function describeFaults<Side extends TransportUnderTest>({
  runner,
  create,
  faults = {},
}: DescribeTransportOptions<Side>): void {
  const suite = { runner, create, faults };
  describeUnreachable(suite);
  describeSilent(suite);
  describeSilentEnd(suite);
  describeRefusing(suite);
  describeCut(suite);
  describeUnacceptable(suite);
}

function describeUnreachable<Side extends TransportUnderTest>(suite: FaultSuite<Side>): void {
  const { runner, create, faults } = suite;
  const { unreachable } = faults;
  if (unreachable === undefined) return;
  runner.it('it says that the other side has gone, and sends when it is back', async () => {
    await using side = await create();
    await side.transport.send(makeMessage(side, {}));

    const end = await unreachable(side);
    await side.transport.send(makeMessage(side, {})).catch(() => undefined); // may still meet the old connection
    const gone = await rejection(side.transport.send(makeMessage(side, {})));
    await end();
    const back = await side.transport.send(makeMessage(side, {}));

    runner.equal(gone, 'ERR_JETPACK_UNREACHABLE');
    runner.equal(back, { status: 'confirmed' });
  });
}

function describeSilent<Side extends TransportUnderTest>(suite: FaultSuite<Side>): void {
  const { runner, create, faults } = suite;
  const { silent } = faults;
  if (silent === undefined) return;
  runner.it(
    'what is never answered is unknown in the end, and arrives when sent again',
    async () => {
      await using side = await create();
      const messages = [makeMessage(side, {}), makeMessage(side, {}), makeMessage(side, {})];
      await side.transport.send(makeMessage(side, {}));

      const end = await silent(side);
      const lost = await statuses(side, messages);
      await end();
      const found = await statuses(side, messages);

      runner.equal(lost, ['unknown', 'unknown', 'unknown']);
      runner.equal(found, ['confirmed', 'confirmed', 'confirmed']);
      runner.equal(await missing(side, messages), []);
    },
  );
}

function describeSilentEnd<Side extends TransportUnderTest>(suite: FaultSuite<Side>): void {
  const { runner, create, faults } = suite;
  const { silent } = faults;
  if (silent === undefined) return;
  runner.it('whoever gives up on what is not answered is told that it is unknown', async () => {
    await using side = await create();
    await side.transport.send(makeMessage(side, {}));
    const giveUp = new AbortController();

    const end = await silent(side);
    const sending = side.transport.send(makeMessage(side, {}), { signal: giveUp.signal });
    setImmediate(() => {
      giveUp.abort();
    });
    const { status } = await sending;
    await end();

    runner.equal(status, 'unknown');
  });

  runner.it('close does not wait for what is not answered: it is unknown', async () => {
    await using side = await create();
    await side.transport.send(makeMessage(side, {}));

    const end = await silent(side);
    const sending = statuses(side, [makeMessage(side, {}), makeMessage(side, {})]);
    setImmediate(() => void side.transport.close());
    const settled = await sending;
    await end();

    runner.equal(settled, ['unknown', 'unknown']);
  });
}

function describeRefusing<Side extends TransportUnderTest>(suite: FaultSuite<Side>): void {
  const { runner, create, faults } = suite;
  const { refusing } = faults;
  if (refusing === undefined) return;
  runner.it('what is refused for now is rejected with the reason, and is taken later', async () => {
    await using side = await create();
    const message = makeMessage(side, {});

    const end = await refusing(side);
    const first = await side.transport.send(message);
    await end();
    const second = await side.transport.send(message, { attempt: 2 });

    const reason = first.status === 'confirmed' ? '' : first.reason;
    runner.equal(first, { status: 'rejected', reason, permanent: false });
    runner.equal(reason === '', false);
    runner.equal(second, { status: 'confirmed' });
    runner.equal(await missing(side, [message]), []);
  });
}

function describeCut<Side extends TransportUnderTest>(suite: FaultSuite<Side>): void {
  const { runner, create, faults } = suite;
  const { cut } = faults;
  if (cut === undefined) return;
  runner.it('nothing hangs over a cut, and what was confirmed has arrived', async () => {
    await using side = await create();
    await side.transport.send(makeMessage(side, {}));
    const messages = Array.from({ length: 200 }, () => makeMessage(side, {}));

    const sending = statuses(side, messages);
    await cut(side);
    const first = await sending;
    const confirmed = messages.filter((_, index) => first[index] === 'confirmed');
    runner.equal(await missing(side, confirmed), []);

    // What is not confirmed is the caller's to send again.
    const rest = messages.filter((message) => !confirmed.includes(message));
    const again = await statuses(side, rest);
    runner.equal(
      again.filter((status) => status !== 'confirmed'),
      [],
    );
    runner.equal(await missing(side, messages), []);
  });
}

function describeUnacceptable<Side extends TransportUnderTest>(suite: FaultSuite<Side>): void {
  const { runner, create, faults } = suite;
  const { unacceptable } = faults;
  if (unacceptable === undefined) return;
  runner.it('what can never be accepted is rejected for good, and the rest passes', async () => {
    await using side = await create();

    const [poison, good] = await Promise.all([
      side.transport.send(makeMessage(side, unacceptable)),
      side.transport.send(makeMessage(side, {})),
    ]);

    const reason = poison.status === 'confirmed' ? '' : poison.reason;
    runner.equal(poison, { status: 'rejected', reason, permanent: true });
    runner.equal(good, { status: 'confirmed' });
  });
}

/** What became of each: its status, or the code it was rejected with. */
async function statuses(side: TransportUnderTest, messages: readonly Message[]): Promise<string[]> {
  return Promise.all(
    messages.map(async (message) => {
      try {
        return (await side.transport.send(message)).status;
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      }
    }),
  );
}
