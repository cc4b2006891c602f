import fs from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createTemporaryHome, describeTransport } from '../../src/testing/index.js';
import { FileTransport } from '../../src/transports/file.js';
import { makeMessage } from '../support/message.js';
import { runner } from '../support/runner.js';

interface Line {
  readonly messageId: string;
  readonly routingKey: string;
  readonly type: string;
  readonly contentType: string;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
  readonly encoding?: 'base64';
}

async function readLines(file: string): Promise<Line[]> {
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
}

function bodyOf({ body, encoding, contentType }: Line): Buffer {
  if (encoding === 'base64') return Buffer.from(String(body), 'base64');
  return Buffer.from(contentType === 'application/json' ? JSON.stringify(body) : String(body));
}

describeTransport('FileTransport', {
  runner,
  create: async () => {
    const place = await createTemporaryHome();
    const transport = new FileTransport({ file: place.home.messagesFile });
    return {
      transport,
      exchange: 'cyclecloud',
      arrived: async () =>
        (await readLines(place.home.messagesFile)).map((line) =>
          Object.assign(line, { body: bodyOf(line) }),
        ),
      [Symbol.asyncDispose]: async () => {
        await transport.close();
        await place[Symbol.asyncDispose]();
      },
    };
  },
});

describe('FileTransport', () => {
  it('writes JSON as JSON, text as text and anything else as base64', async () => {
    await using place = await createTemporaryHome();
    await using transport = new FileTransport({ file: place.home.messagesFile });
    const bodies = [
      ['application/json', '{"a":[1,"ä"]}'],
      ['text/plain; charset=utf-8', 'line\nbreak'],
      ['application/octet-stream', Buffer.from([0, 255])],
      ['application/json', '{broken'],
      ['text/plain', Buffer.from([0xff, 0xfe])],
    ] as const;

    for (const [contentType, body] of bodies) {
      await transport.send(makeMessage({ contentType, body: Buffer.from(body) }));
    }

    const lines = await readLines(place.home.messagesFile);
    expect(lines.map(({ body, encoding }) => [body, encoding])).toEqual([
      [{ a: [1, 'ä'] }, undefined],
      ['line\nbreak', undefined],
      ['AP8=', 'base64'],
      [Buffer.from('{broken').toString('base64'), 'base64'],
      ['//4=', 'base64'],
    ]);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      'messageId',
      'timestamp',
      'exchange',
      'routingKey',
      'type',
      'contentType',
      'headers',
      'body',
    ]);
  });

  it('leaves a line that was cut off alone, and begins a new one', async () => {
    await using place = await createTemporaryHome();
    const file = await place.write('logs/messages.jsonl', '{"messageId":"cut of');
    await using transport = new FileTransport({ file: `file://${file}` });

    await transport.send(makeMessage({ routingKey: 'whole' }));

    const [torn, whole] = (await fs.readFile(file, 'utf8')).split('\n');
    expect(torn).toBe('{"messageId":"cut of');
    expect(JSON.parse(whole ?? '')).toMatchObject({ routingKey: 'whole' });
  });

  it('follows a file that was moved away', async () => {
    await using place = await createTemporaryHome();
    const file = place.home.messagesFile;
    await using transport = new FileTransport({ file });
    await transport.send(makeMessage({}));

    await fs.rename(file, `${file}.1`);
    await transport.send(makeMessage({}));

    expect(await readLines(file)).toHaveLength(1);
  });

  it('names the file it cannot write', async () => {
    await using place = await createTemporaryHome();
    const blocked = await place.write('logs', 'a file where the folder should be');
    const file = path.join(blocked, 'messages.jsonl');
    await using transport = new FileTransport({ file });

    await expect(transport.send(makeMessage({}))).rejects.toMatchObject({
      name: 'JetpackError',
      code: 'ERR_JETPACK_CANNOT_WRITE',
      path: file,
    });
  });
});
