import { JetpackError, openSender, UsageError } from '../../index.js';
import type { Outbox, OutboxEntry, OutboxSummary } from '../../index.js';
import type { Call, CliCommand } from '../command.js';
import { flag, sharedOptions } from '../options.js';

export const command: CliCommand = {
  summary: 'look at messages that still wait, and mend them',
  usage: [
    'outbox            how full it is',
    'outbox list',
    'outbox show ID',
    'outbox retry ID   put one that was set aside back into the queue',
    'outbox drop ID    remove one for ever',
    'outbox verify     read every file and check it',
  ],
  options: { json: sharedOptions.json },
  positionals: [0, 2],
  examples: ['jetpack outbox', 'jetpack outbox list --json'],
  run,
};

type Action = (call: Call, outbox: Outbox) => Promise<number>;

const actions: ReadonlyMap<string, Action> = new Map([
  ['list', list],
  ['show', show],
  ['retry', async (call: Call, outbox: Outbox) => change(call, async (id) => outbox.retry(id))],
  ['drop', async (call: Call, outbox: Outbox) => change(call, async (id) => outbox.drop(id))],
  ['verify', verify],
]);

async function run(call: Call): Promise<number> {
  const [name, id] = call.positionals;
  const action = name === undefined ? summarize : actions.get(name);
  if (action === undefined) {
    throw new UsageError(`jetpack outbox does not know ${JSON.stringify(name)}`, {
      hint: `it knows ${[...actions.keys()].join(', ')}`,
    });
  }
  const takesId = name === 'show' || name === 'retry' || name === 'drop';
  if (takesId !== (id !== undefined)) {
    throw new UsageError(
      `jetpack outbox ${name} takes ${takesId ? 'the id of a message' : 'nothing more'}`,
    );
  }
  await using sender = await openSender({ env: call.io.env });
  return action(call, sender.outbox);
}

async function summarize(call: Call, outbox: Outbox): Promise<number> {
  const summary = await outbox.summary();
  call.io.out(flag(call, 'json') ? `${JSON.stringify(summary)}\n` : renderSummary(summary));
  return 0;
}

function renderSummary({ queued, bytes, oldest, quarantined, shed }: OutboxSummary): string {
  const since = oldest === undefined ? '' : `, the oldest since ${new Date(oldest).toISOString()}`;
  return `${queued} queued (${bytes} bytes${since}), ${quarantined} set aside, ${shed} given up so far\n`;
}

async function list(call: Call, outbox: Outbox): Promise<number> {
  const entries = await outbox.list();
  call.io.out(flag(call, 'json') ? `${JSON.stringify(entries)}\n` : renderList(entries));
  return 0;
}

function renderList(entries: readonly OutboxEntry[]): string {
  if (entries.length === 0) return 'nothing waits\n';
  const lines = entries.map(({ messageId, state, routingKey, size, attempts, reason }) => {
    const why = reason === undefined ? '' : `: ${reason}`;
    return `${messageId} ${state.padEnd(11)} ${routingKey} (${size} bytes, ${attempts} attempts)${why}`;
  });
  return `${lines.join('\n')}\n`;
}

async function show(call: Call, outbox: Outbox): Promise<number> {
  const id = idOf(call);
  const message = await outbox.show(id);
  if (message === undefined) throw absent(id);
  const { body, ...facts } = message;
  const asText = isText(body) ? new TextDecoder().decode(body) : undefined;
  const encoded = asText ?? Buffer.from(body).toString('base64');
  const shown = {
    ...facts,
    body: encoded,
    ...(asText === undefined ? { encoding: 'base64' } : {}),
  };
  call.io.out(`${JSON.stringify(shown, null, flag(call, 'json') ? 0 : 2)}\n`);
  return 0;
}

function isText(body: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
    return true;
  } catch {
    return false;
  }
}

async function change(call: Call, work: (id: string) => Promise<boolean>): Promise<number> {
  const id = idOf(call);
  if (!(await work(id))) throw absent(id);
  if (flag(call, 'json')) call.io.out(`${JSON.stringify({ messageId: id, done: true })}\n`);
  return 0;
}

async function verify(call: Call, outbox: Outbox): Promise<number> {
  const { files, messages, damaged } = await outbox.verify();
  const lines = damaged.map(({ file, reason }) => `damaged: ${file}: ${reason}`);
  const text = [
    ...lines,
    `${messages} messages in ${files} files, ${damaged.length} damaged`,
    '',
  ].join('\n');
  call.io.out(flag(call, 'json') ? `${JSON.stringify({ files, messages, damaged })}\n` : text);
  return damaged.length === 0 ? 0 : 1;
}

function idOf(call: Call): string {
  return call.positionals[1] ?? '';
}

function absent(id: string): JetpackError {
  return new JetpackError('ERR_JETPACK_NOT_FOUND', `no message ${id} in the outbox`, {
    hint: 'jetpack outbox list shows those that are there; a delivered one is gone',
  });
}
