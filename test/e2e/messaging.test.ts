import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

import { connect } from 'amqplib';
import { describe, expect, inject, it } from 'vitest';

import { messagesOf } from '../support/project.ts';
import { createNode } from '../support/shell.ts';
import type { Node } from '../support/shell.ts';
import { startSilentServer } from '../support/silent-server.ts';

/** A queue of the real broker that gets everything a test sends under routing keys of its own. */
async function listen(pattern: string): Promise<{ bodies(): Promise<string[]> } & AsyncDisposable> {
  const connection = await connect(inject('brokerUrl'));
  const channel = await connection.createChannel();
  await channel.assertExchange('cyclecloud', 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'cyclecloud', pattern);
  return {
    bodies: async () => {
      const bodies: string[] = [];
      for (;;) {
        const message = await channel.get(queue, { noAck: true });
        if (message === false) return bodies;
        bodies.push(message.content.toString());
      }
    },
    [Symbol.asyncDispose]: async () => connection.close(),
  };
}

async function connectTo(node: Node, url: string): Promise<void> {
  await node.write('config/connection.json', { broker: { urls: [url] } });
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : '';
}

const queuedFiles = 'ls "$JETPACK_HOME/run/outbox/new" 2>/dev/null | wc -l';

describe('what is said to the server', () => {
  it('goes to a file when no broker is configured', async () => {
    await using node = await createNode();

    const { code, out, err } = await node.bash('jetpack log "a  b" c --level=warn --priority=high');

    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
    expect(await messagesOf(node)).toMatchObject([
      {
        routingKey: 'log.warn.high',
        exchange: 'cyclecloud',
        type: 'log',
        contentType: 'application/json',
        body: { message: 'a  b c', level: 'warn', priority: 'high' },
      },
    ]);
  });

  it.each([
    ['jetpack log text', 'log.info.medium'],
    ['jetpack log --level error text', 'log.error.high'],
    ['jetpack log text --level=warn --priority=medium', 'log.warn.medium'],
    ['jetpack log -p low text', 'log.info.low'],
    ['jetpack log text --level info --priority low', 'log.info.low'],
    ['echo text | jetpack log -', 'log.info.medium'],
    ['jetpack log "- text -"', 'log.info.medium'],
  ])('%s', async (line, routingKey) => {
    await using node = await createNode();

    const { code } = await node.bash(line);

    expect(code).toBe(0);
    const [message] = await messagesOf(node);
    expect(message).toMatchObject({ routingKey });
    expect(message?.body['message']).toContain('text');
  });

  it('keeps the bytes of a file as they are', async () => {
    await using node = await createNode();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const file = await node.write('bytes.bin', bytes);

    await node.bash(`jetpack send site.bytes --file ${file} --header site=north`);

    const [message] = await messagesOf(node);
    expect(message).toMatchObject({ encoding: 'base64', headers: { site: 'north' } });
    expect(Buffer.from(textOf(message?.body), 'base64')).toEqual(Buffer.from(bytes));
  });

  it('arrives at a broker, with who said it', async () => {
    await using node = await createNode();
    await using server = await listen('log.error.high');
    const text = randomUUID();
    await connectTo(node, inject('brokerUrl'));
    await node.write('config/node.json', {
      cyclecloud: { cluster: { name: 'hpc1' }, node: { name: 'n1', id: 'x' } },
    });

    const { code, out, err } = await node.bash(`jetpack log --level error ${text}`);

    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
    const bodies = (await server.bodies()).map((body) => JSON.parse(body));
    expect(bodies).toContainEqual(
      expect.objectContaining({
        cluster: 'hpc1',
        node: 'n1',
        nodeId: 'x',
        message: text,
        hostname: expect.any(String),
        ipv4: expect.any(String),
      }),
    );
  });

  it('waits in the outbox while the broker is away, and leaves with the next command', async () => {
    await using node = await createNode();
    const key = `test.${randomUUID()}`;
    await using server = await listen(key);
    await connectTo(node, 'amqp://guest:hushhush@127.0.0.1:1');

    const away = await node.bash(`jetpack send ${key} first --wait 0.2`);
    await connectTo(node, inject('brokerUrl'));
    const back = await node.bash(`jetpack send ${key} second`);

    expect(away).toMatchObject({ code: 0, out: '' });
    expect(away.err).toMatch(/^queued: .*amqp:\/\/127\.0\.0\.1:1/);
    expect(away.err).not.toContain('hushhush');
    expect(back).toEqual({ code: 0, out: '', err: '' });
    expect(await server.bodies()).toEqual(['first', 'second']);
  });

  it('makes it an error when delivery was required; the message stays', async () => {
    await using node = await createNode();
    await connectTo(node, 'amqp://127.0.0.1:1');

    const { code, out, err } = await node.bash(
      `jetpack log x --wait 0.2 --require-delivery; echo "$? $(${queuedFiles})"`,
    );

    expect({ code, out }).toEqual({ code: 0, out: '69 1\n' });
    expect(err).toMatch(/^jetpack: message .* was not delivered: .*\n.*outbox/);
  });

  it('keeps a message that no queue wants, and says so', async () => {
    await using node = await createNode();
    await connectTo(node, inject('brokerUrl'));

    const { code, err } = await node.bash(`jetpack send nobody.${randomUUID()} x --wait 1`);

    expect(code).toBe(0);
    expect(err).toMatch(/^queued: .*(returned|no queue)/);
  });

  it(
    'loses nothing to kill -9 between accepting and delivering',
    { timeout: 120_000 },
    async () => {
      await using node = await createNode();
      await using hole = await startSilentServer();
      const key = `test.${randomUUID()}`;
      await using server = await listen(key);
      const rounds = 5;

      await connectTo(node, hole.url);
      for (let round = 0; round < rounds; round++) {
        await node.bash(`
        jetpack send ${key} message-${round} --wait 60 2>/dev/null & pid=$!
        while [ "$(${queuedFiles})" -le ${round} ]; do sleep 0.01; done
        kill -9 $pid; wait $pid 2>/dev/null`);
      }
      await connectTo(node, inject('brokerUrl'));
      const { code, err } = await node.bash(`jetpack send ${key} last`);

      expect({ code, err }).toEqual({ code: 0, err: '' });
      const expected = [
        ...Array.from({ length: rounds }, (_, round) => `message-${round}`),
        'last',
      ];
      expect(await server.bodies()).toEqual(expected);
      expect((await node.bash(queuedFiles)).out.trim()).toBe('0');
    },
  );

  it('accepts messages of many processes at once, each of them', { timeout: 120_000 }, async () => {
    await using node = await createNode();

    const { out } = await node.bash(
      'for i in $(seq 20); do jetpack log "message $i" & done; wait; jetpack outbox --json',
    );

    expect(JSON.parse(out)).toMatchObject({ queued: 0, quarantined: 0, shed: 0 });
    const texts = (await messagesOf(node)).map(({ body }) => String(body['message']));
    expect(new Set(texts).size).toBe(20);
  });

  it('refuses a message that a full outbox has no room for, and leaves nothing of it', async () => {
    await using node = await createNode();
    const program = path.join(inject('installed'), `fill-${randomUUID()}.mjs`);
    await fs.writeFile(
      program,
      `import { Jetpack } from '@cycle/jetpack';
       const jetpack = await Jetpack.open();
       await Promise.all(Array.from({ length: 10000 }, () => jetpack.sender.send('a.b', 'x', { priority: 'high' })));
       await jetpack.close();`,
    );
    await connectTo(node, 'amqp://127.0.0.1:1');
    await node.bash(`node ${program}`);
    const before = await node.bash('jetpack outbox --json');

    const { code, out, err } = await node.bash('jetpack log --level error "one more" --wait 0');
    const after = await node.bash('jetpack outbox --json; ls run/outbox/tmp | wc -l');

    expect({ code, out }).toEqual({ code: 73, out: '' });
    expect(err).toMatch(/^jetpack: .*outbox.*10000.*\n/);
    expect(after.out).toBe(`${before.out}0\n`);
  });

  it('is not silenced by a broken node.json', async () => {
    await using node = await createNode();
    await node.write('config/node.json', '{ broken');

    const { code } = await node.bash('jetpack log "node.json is broken"');

    expect(code).toBe(0);
    expect(await messagesOf(node)).toMatchObject([
      { body: { message: 'node.json is broken', cluster: '' } },
    ]);
  });

  it('is kept, and the damage named, when connection.json is broken', async () => {
    await using node = await createNode();
    await node.write('config/connection.json', '{ "broker": { "urls": ["amqp://u:s3cret@h"] ');

    const { code, err } = await node.bash(`jetpack log x --wait 0.2 && ${queuedFiles}`);

    expect(code).toBe(0);
    expect(err).toMatch(/^queued: .*connection\.json.*line 1/);
    expect(err).not.toContain('s3cret');
  });
});

describe('jetpack outbox', () => {
  it('shows, drops and verifies what waits, with no server', async () => {
    await using node = await createNode();
    await connectTo(node, 'amqp://127.0.0.1:1');
    await node.bash('jetpack send a.b one --wait 0; jetpack send a.b two --wait 0');

    const list = JSON.parse((await node.bash('jetpack outbox list --json')).out);
    const shown = await node.bash(`jetpack outbox show ${list[0].messageId}`);
    const dropped = await node.bash(`jetpack outbox drop ${list[0].messageId}`);
    const again = await node.bash(`jetpack outbox drop ${list[0].messageId}`);
    const verified = await node.bash('jetpack outbox verify');

    expect(list).toMatchObject([{ routingKey: 'a.b', state: 'queued' }, { routingKey: 'a.b' }]);
    expect(JSON.parse(shown.out)).toMatchObject({ body: 'one', size: 3 });
    expect(dropped.code).toBe(0);
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(verified).toMatchObject({ code: 0, out: '1 messages in 1 files, 0 damaged\n' });
  });
});

describe('health and keepalive', () => {
  it('asks for the end of a node whose check exits 254, but not while it is kept alive', async () => {
    await using node = await createNode();
    await node.write(
      'config/healthcheck.d/gpu.sh',
      '#!/bin/sh\necho "GPU 3 fell off the bus"\nexit 254\n',
    );
    await node.write('config/healthcheck.d/ok.sh', '#!/bin/sh\nexit 0\n');
    await node.write('config/healthcheck.d/README', 'not a check\n');
    await node.bash('chmod +x config/healthcheck.d/*.sh');

    const kept = await node.bash(
      'jetpack keepalive 30m --reason "let me look"; jetpack healthcheck',
    );
    const keptMessages = await messagesOf(node);
    const sick = await node.bash('jetpack keepalive --cancel; jetpack healthcheck --json');
    const allMessages = await messagesOf(node);

    expect(kept).toMatchObject({ code: 1, err: '' });
    expect(kept.out).toMatch(/^kept alive until .*let me look\n/);
    expect(kept.out).toMatch(/unhealthy gpu\.sh: GPU 3 fell off the bus/);
    expect(kept.out).toMatch(/not asked to end this node for gpu\.sh: /);
    expect(keptMessages.map(({ routingKey }) => routingKey)).not.toContain('node.terminate');
    expect(sick.code).toBe(1);
    expect(allMessages).toContainEqual(
      expect.objectContaining({
        routingKey: 'node.terminate',
        body: expect.objectContaining({
          check: 'gpu.sh',
          outputTail: expect.stringContaining('GPU 3'),
        }),
      }),
    );
  });

  it('tells a person who sets DEBUG which programs it runs', async () => {
    await using node = await createNode();
    await node.write('config/healthcheck.d/ok.sh', '#!/bin/sh\nexit 0\n');

    const quiet = await node.bash('jetpack healthcheck');
    const loud = await node.bash('jetpack healthcheck', { DEBUG: 'jetpack:*' });

    expect(quiet).toMatchObject({ code: 0, err: '' });
    expect(loud.code).toBe(0);
    expect(loud.err).toMatch(
      /jetpack:process \d+ begins: .*\n.*jetpack:process \d+ ended with 0\n/,
    );
  });

  it.each([
    ['jetpack keepalive', /^kept alive until .*\((1h|59m 59s) left\)/],
    ['jetpack keepalive forever', /^kept alive for ever/],
    ['jetpack keepalive 2d; jetpack keepalive 90s | tail -1', /\(1d 23h|2d left\)/],
    ['jetpack keepalive --status', /^no keepalive/],
    ['jetpack keepalive 6h >/dev/null; jetpack keepalive --cancel', /^no keepalive/],
  ])('%s', async (line, expected) => {
    await using node = await createNode();

    const { code, out } = await node.bash(line);

    expect(code).toBe(0);
    expect(out).toMatch(expected);
  });
});
