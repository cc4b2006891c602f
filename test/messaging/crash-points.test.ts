import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Home } from '../../src/home.js';
import { realDisk } from '../../src/internal/disk.js';
import type { Disk } from '../../src/internal/disk.js';
import type { Sender } from '../../src/messaging/sender.js';
import { createTemporaryHome, ManualClock, MemoryTransport } from '../../src/testing/index.js';
import type { Message, Outcome, Priority } from '../../src/transport.js';
import type { Choose, CrashedDisk } from '../support/disk-model.ts';
import { DiskModel, materialise } from '../support/disk-model.ts';
import type { DiskEvent } from '../support/recording-disk.ts';
import { RecordingDisk } from '../support/recording-disk.ts';
import { settle, startSender } from '../support/sender.js';

/** Disks tried at each point of the trace: the emptiest, the fullest, and some between. */
const samples = 18;

/** One fact that the outside world knew when the trace had come so far. */
interface Fact {
  readonly at: number;
  readonly what: 'accepted' | 'confirmed' | 'dropped';
  readonly messageId: string;
}

/** A story told to an outbox, with all that was done to its disk. */
interface Recording {
  readonly events: readonly DiskEvent[];
  readonly facts: readonly Fact[];
  /** All that was ever accepted, by message id. */
  readonly sent: ReadonlyMap<string, { readonly body: string; readonly priority: Priority }>;
}

/** Runs the story and writes down what happened when. */
class Story {
  readonly facts: Fact[] = [];
  readonly sent = new Map<string, { body: string; priority: Priority }>();
  readonly transport: MemoryTransport;
  readonly disk: RecordingDisk;
  readonly clock = new ManualClock();
  readonly #home: Home;
  #serial = 0;
  #answers: Outcome[] = [];

  constructor(home: Home) {
    this.#home = home;
    this.disk = new RecordingDisk(home.root);
    this.transport = new MemoryTransport(({ message }) => {
      const outcome = this.#answers.shift() ?? { status: 'confirmed' };
      if (outcome.status === 'confirmed') this.note('confirmed', message.messageId);
      return outcome;
    });
  }

  note(what: Fact['what'], messageId: string): void {
    this.facts.push({ at: this.disk.events.length, what, messageId });
  }

  open(): Sender {
    const { transport, disk, clock } = this;
    const bounds = { messages: 14 };
    return startSender(this.#home, { transport, disk, bounds, clock });
  }

  async send(sender: Sender, priority: Priority = 'medium', wait = 0): Promise<string> {
    const serial = ++this.#serial;
    const body = `body ${serial}\n${'é'.repeat(serial * 3)}`;
    const { messageId } = await sender.send(`key.${serial % 3}`, body, { priority, wait });
    this.note('accepted', messageId);
    this.sent.set(messageId, { body, priority });
    return messageId;
  }

  async sendMany(sender: Sender, count: number, priority?: Priority): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, async () => this.send(sender, priority)));
  }

  async empty(sender: Sender): Promise<void> {
    while ((await sender.flush()).remaining > 0);
  }

  async flush(sender: Sender, answers: readonly Outcome[] = []): Promise<void> {
    this.#answers = [...answers];
    await sender.flush();
    this.#answers = [];
  }
}

const unknown: Outcome = { status: 'unknown', reason: 'cut' };
const confirmed: Outcome = { status: 'confirmed' };
const refused: Outcome = { status: 'rejected', reason: 'too large', permanent: true };

/** All that an outbox does to a disk: group commits, rewrites, setting aside, shedding, mending, two writers. */
async function record(home: Home): Promise<Recording> {
  const story = new Story(home);
  return settle(story.clock, tell(story), 1);
}

async function tell(story: Story): Promise<Recording> {
  await using sender = story.open();
  await using other = story.open();
  for (let n = 0; n < 3; n++) await story.send(sender);
  await story.sendMany(sender, 5);
  await Promise.all([story.sendMany(other, 2), story.sendMany(sender, 2)]);
  await story.flush(sender, [confirmed, confirmed, unknown, refused, confirmed, unknown, refused]);
  await story.flush(other, [confirmed, unknown]);
  await story.empty(sender);
  // From here it is known how full it is: five of low priority, and then more of high priority than there is room for.
  await story.sendMany(sender, 3, 'low');
  await story.send(other, 'low');
  await story.send(sender, 'low');
  for (let n = 0; n < 12; n++) await story.send(n % 2 === 0 ? sender : other, 'high');
  await expect(story.sendMany(sender, 14, 'high')).rejects.toMatchObject({
    code: 'ERR_JETPACK_OUTBOX_FULL',
  });
  const aside = (await sender.outbox.list()).filter(({ state }) => state === 'quarantined');
  const [first, second] = aside.map(({ messageId }) => messageId);
  await sender.outbox.retry(first ?? 'none');
  story.note('dropped', second ?? 'none');
  await sender.outbox.drop(second ?? 'none');
  await story.flush(sender, [unknown, confirmed]);
  await story.empty(sender);
  await Promise.all([story.send(sender, 'medium', 1000), story.send(sender, 'low', 1000)]);
  await story.send(other);
  const { sent, facts, disk } = story;
  return { sent, facts, events: [...disk.events] };
}

/** What is found after a crash need not be synced again: nobody cuts the power a second time. */
const quickDisk: Disk = {
  ...realDisk,
  writeFile: async (file, chunks, mode) =>
    fs.writeFile(file, Buffer.concat(chunks), { flag: 'wx', mode }),
  syncFolder: async () => undefined,
};

/** Opens what a crash has left, delivers it, and says what is wrong with that; nothing when all is as promised. */
async function problems(disk: CrashedDisk, point: number, recording: Recording): Promise<string[]> {
  await using place = await createTemporaryHome();
  await materialise(disk, place.home.root);
  const transport = new MemoryTransport();
  const clock = new ManualClock();
  await using sender = startSender(place.home, { transport, clock, disk: quickDisk });
  const { remaining, reason } = await settle(clock, sender.flush(), 1);
  const own = transport.messages.filter(({ type }) => type === 'send');
  const entries = (await sender.outbox.list()).filter(({ type }) => type === 'send');
  const present = new Set([...own, ...entries].map(({ messageId }) => messageId));
  const { shed } = await sender.outbox.summary();
  const { damaged } = await sender.outbox.verify();
  const known = (what: Fact['what']): string[] =>
    recording.facts.filter((one) => one.at <= point && one.what === what).map(idOf);
  const gone = new Set([...known('confirmed'), ...known('dropped')]);
  const lost = known('accepted').filter((id) => !present.has(id) && !gone.has(id));
  const shedIds = lost.filter((id) => recording.sent.get(id)?.priority === 'low');
  const isUnaccounted = lost.length > shedIds.length || lost.length > shed;
  return [
    ...(isUnaccounted ? [`lost ${lost.join()}, ${shed} were shed`] : []),
    ...own
      .filter((one) => isInvented(one, recording))
      .map(({ messageId }) => `invented ${messageId}`),
    ...(remaining > 0 ? [`${remaining} not delivered: ${reason}`] : []),
    ...damaged.filter(({ file }) => !isAside(file)).map(({ file }) => `damaged ${file}`),
  ].map((problem) => `after event ${point}: ${problem}`);
}

function idOf({ messageId }: { readonly messageId: string }): string {
  return messageId;
}

function isInvented({ messageId, body }: Message, { sent }: Recording): boolean {
  return sent.get(messageId)?.body !== Buffer.from(body).toString();
}

function isAside(file: string): boolean {
  return path.basename(path.dirname(file)) === 'bad';
}

/** The same numbers in every run (a linear congruential generator), so that what is found can be found again. */
function createChoose(seed: number): Choose {
  let state = seed;
  return (possibilities) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * possibilities);
  };
}

function chooseOf(sample: number, point: number): Choose {
  if (sample === 0) return () => 0;
  if (sample === 1) return (possibilities) => possibilities - 1;
  return createChoose(point * samples + sample);
}

describe('the outbox after a crash at any point', () => {
  it('has every accepted message unharmed, and none that nobody sent, on thousands of disks', async () => {
    await using place = await createTemporaryHome();
    const recording = await record(place.home);
    const model = new DiskModel();
    const found: string[] = [];
    let tried = 0;

    for (let point = 0; point <= recording.events.length; point++) {
      const disks = Array.from({ length: samples }, (_, sample) =>
        model.crash(chooseOf(sample, point)),
      );
      const results = await Promise.all(
        disks.map(async (disk) => problems(disk, point, recording)),
      );
      found.push(...results.flat());
      tried += disks.length;
      const next = recording.events[point];
      if (next !== undefined) model.apply(next);
    }

    expect(found).toEqual([]);
    expect(tried).toBeGreaterThan(3000);
  }, 180_000);
});
