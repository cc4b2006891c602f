import fs from 'node:fs/promises';

import { expect, describe, it } from 'vitest';

import type { Io } from '../../../src/cli/command.ts';
import { main } from '../../../src/cli/main.ts';
import { createTemporaryHome } from '../../../src/testing/index.ts';
import type { TemporaryHome } from '../../../src/testing/index.ts';
import { FileTransport } from '../../../src/transports/file.ts';
import { makeMessage } from '../../support/message.ts';

interface Watch {
  readonly written: { out: string; err: string };
  /** Presses Ctrl-C. */
  readonly interrupt: () => void;
  readonly code: Promise<number>;
}

function startWatch(place: TemporaryHome, ...words: string[]): Watch {
  const written = { out: '', err: '' };
  const control = new AbortController();
  const io: Io = {
    out: (text) => {
      written.out += typeof text === 'string' ? text : new TextDecoder().decode(text);
    },
    err: (text) => {
      written.err += text;
    },
    readStdin: async () => new Uint8Array(),
    env: { JETPACK_HOME: place.home.root },
    isTerminal: false,
    signal: control.signal,
  };
  const interrupt = (): void => {
    control.abort();
  };
  return { written, interrupt, code: main(['watch', ...words], io) };
}

function logMessage(
  level: string,
  priority: string,
  message: string,
): ReturnType<typeof makeMessage> {
  const body = { node: 'execute-1', time: '2030-01-01T00:00:00.000Z', level, priority, message };
  return makeMessage({
    routingKey: `log.${level}.${priority}`,
    type: 'log',
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(body)),
  });
}

/** Says something until it is seen: nothing else tells that the watching has begun. */
async function untilSeen(transport: FileTransport, watch: Watch): Promise<void> {
  await expect
    .poll(async () => {
      await transport.send(logMessage('error', 'high', 'first'));
      return watch.written.out;
    })
    .toContain('first');
}

describe('jetpack watch', () => {
  it('shows a line for each message, and ends well by Ctrl-C', async () => {
    await using place = await createTemporaryHome();
    await using transport = new FileTransport({ file: place.home.messagesFile });
    const watch = startWatch(place);
    await untilSeen(transport, watch);

    await transport.send(logMessage('info', 'low', 'two\nlines'));
    await transport.send(makeMessage({ routingKey: 'site.x', body: Buffer.from('a\u001b[2Jb') }));
    await transport.send(
      makeMessage({ contentType: 'application/octet-stream', body: Buffer.from([0xff, 0]) }),
    );

    await expect.poll(() => watch.written.out).toContain('(2 bytes)');
    expect(watch.written.out.trim().split('\n').slice(-3)).toEqual([
      '2030-01-01T00:00:00.000Z log.info.low execute-1 two\\nlines',
      '2030-01-01T00:00:00.000Z site.x - a\\u001b[2Jb',
      '2030-01-01T00:00:00.000Z test.key - (2 bytes)',
    ]);
    watch.interrupt();
    expect(await watch.code).toBe(0);
    expect(watch.written.err).toBe('');
  });

  it('with --json shows lines as the file has them', async () => {
    await using place = await createTemporaryHome();
    await using transport = new FileTransport({ file: place.home.messagesFile });
    const watch = startWatch(place, '--json');
    await untilSeen(transport, watch);

    await transport.send(makeMessage({ body: Buffer.from([0xff]), routingKey: 'last' }), {
      attempt: 3,
    });

    await expect.poll(() => watch.written.out).toContain('"last"');
    watch.interrupt();
    await watch.code;
    const file = await fs.readFile(place.home.messagesFile, 'utf8');
    expect(watch.written.out.trim().split('\n').at(-1)).toBe(file.trim().split('\n').at(-1));
  });

  it.each([
    [
      ['--level', 'warn'],
      ['warn.low', 'error.low', 'error.high'],
    ],
    [
      ['--priority', 'high'],
      ['info.high', 'error.high'],
    ],
    [['--level', 'warn', '-p', 'medium'], ['error.high']],
  ])('%j shows that or worse', async (words, expected) => {
    await using place = await createTemporaryHome();
    await using transport = new FileTransport({ file: place.home.messagesFile });
    const watch = startWatch(place, ...words);
    await untilSeen(transport, watch);

    const all = ['info.low', 'info.high', 'warn.low', 'error.low', 'error.high'];
    for (const key of all) {
      const [level = '', priority = ''] = key.split('.');
      await transport.send(logMessage(level, priority, `said ${key}.`));
    }
    await transport.send(makeMessage({ routingKey: 'log.error', body: Buffer.from('said no.') }));
    await transport.send(logMessage('error', 'high', 'last'));

    await expect.poll(() => watch.written.out).toContain('last');
    watch.interrupt();
    await watch.code;
    const said = [...watch.written.out.matchAll(/said (\S+)\./g)].map(([, key]) => key);
    expect(said).toEqual(expected);
  });

  it('refuses a level that is none', async () => {
    await using place = await createTemporaryHome();

    const watch = startWatch(place, '--level', 'loud');

    expect(await watch.code).toBe(64);
    expect(watch.written.err).toContain('info, warn, error');
  });

  it('ends at once where only a person can help', async () => {
    await using place = await createTemporaryHome();
    await place.write('config/connection.json', '{ "broker": { "urls": ["http://x/"] } }');

    const watch = startWatch(place);

    expect(await watch.code).toBe(78);
  });
});
