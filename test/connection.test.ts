import fs from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { readConnection } from '../src/connection.js';
import { createTemporaryHome } from '../src/testing/index.js';
import { chooseTransport } from '../src/transports/choose.js';

const connection = 'config/connection.json';

describe('readConnection', () => {
  it('finds a node that is not connected to anything, and that is no error', async () => {
    await using place = await createTemporaryHome();

    const found = await readConnection(place.home, {});

    expect(found).toEqual({
      broker: { urls: [], exchange: 'cyclecloud', insecureSkipVerify: false },
      warnings: [],
    });
  });

  it('reads connection.json, its files relative to its folder', async () => {
    await using place = await createTemporaryHome();
    const file = await place.write(connection, {
      cluster: 'hpc1',
      username: 'u',
      password: 'p',
      url: 'https://10.0.0.4:9443',
      broker: { urls: ['amqps://u:p@b:5671/v'], exchange: 'x', ca: 'ca.pem', key: '/k.pem' },
      locker: { url: 'https://a.blob/locker?sig=s' },
      constructor: 'ignored',
    });
    await fs.chmod(file, 0o640);

    const found = await readConnection(place.home, {});

    expect(found).toEqual({
      cluster: 'hpc1',
      username: 'u',
      password: 'p',
      url: 'https://10.0.0.4:9443',
      broker: {
        urls: ['amqps://u:p@b:5671/v'],
        exchange: 'x',
        ca: file.replace('connection.json', 'ca.pem'),
        key: '/k.pem',
        insecureSkipVerify: false,
      },
      lockerUrl: 'https://a.blob/locker?sig=s',
      warnings: [],
    });
  });

  it('reads the older jetpack.ini where there is no connection.json', async () => {
    await using place = await createTemporaryHome();
    await place.write(
      'config/jetpack.ini',
      '; old\r\n[other]\r\nwebserver=no\r\n[cycle_server]\r\nwebserver = https://s:9443\r\napi_username=u\r\napi_password = a=b;c\r\n',
    );

    const found = await readConnection(place.home, {});

    expect(found).toMatchObject({ url: 'https://s:9443', username: 'u', password: 'a=b;c' });
  });

  it('lets the environment win', async () => {
    await using place = await createTemporaryHome();
    await place.write(connection, { broker: { urls: ['amqp://a'] }, locker: { url: 'file:///a' } });

    const found = await readConnection(place.home, {
      JETPACK_BROKER_URL: 'amqp://b, amqp://c',
      JETPACK_LOCKER_URL: 'file:///b',
      JETPACK_METADATA_URL: 'http://127.0.0.1:1',
    });

    expect(found).toMatchObject({
      broker: { urls: ['amqp://b', 'amqp://c'] },
      lockerUrl: 'file:///b',
      metadataUrl: 'http://127.0.0.1:1',
    });
  });

  it.each([
    ['{"password": "secret-word", }', 'line 1, column'],
    ['["secret-word"]', 'object'],
    ['{"password": ["secret-word"]}', 'password must be a text'],
    ['{"broker": {"urls": "amqp://u:secret-word@b"}}', 'broker.urls must be a list of urls'],
    ['{"broker": {"urls": ["secret-word"]}}', 'broker.urls must be a list of urls'],
    ['{"broker": {"insecureSkipVerify": "yes"}}', 'insecureSkipVerify must be true or false'],
    ['', 'line 1'],
  ])('names the file and the place of %s, and no value', async (content, reason) => {
    await using place = await createTemporaryHome();
    const file = await place.write(connection, content);

    const error: unknown = await readConnection(place.home, {}).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'ERR_JETPACK_BAD_CONFIG', path: file });
    expect(String(error)).toContain(reason);
    expect(String(error)).not.toContain('secret-word');
  });

  it.each([
    [0o640, 0],
    [0o600, 0],
    [0o644, 1],
    [0o660, 1],
    [0o642, 1],
  ])('with mode %o gives %i warning', async (mode, count) => {
    await using place = await createTemporaryHome();
    const file = await place.write(connection, {});
    await fs.chmod(file, mode);

    const { warnings } = await readConnection(place.home, {});

    expect(warnings).toHaveLength(count);
    expect(warnings.every((warning) => warning.includes(file))).toBe(true);
  });
});

describe('chooseTransport', () => {
  const broker = { exchange: 'cyclecloud', insecureSkipVerify: false };

  it.each([
    [[], 'file:', 'logs/messages.jsonl'],
    [['file:///var/log/m.jsonl'], 'file:', '/var/log/m.jsonl'],
    [['amqp://u:p@b:1/v'], 'amqp://b:1/v', ''],
    [['amqps://u:p@b:1/v', 'amqp://c:2'], 'amqps://b:1/v, amqp://c:2', ''],
  ])('takes %j by its scheme', async (urls, start, end) => {
    await using place = await createTemporaryHome();

    await using transport = chooseTransport({ broker: { ...broker, urls } }, place.home);

    expect(transport.target.startsWith(start)).toBe(true);
    expect(transport.target.endsWith(end)).toBe(true);
  });

  it.each([
    [['http://u:secret-word@b']],
    [['file:///a', 'file:///b']],
    [['file:///a', 'amqp://b']],
    [['x']],
  ])('refuses %j and shows no secret', async (urls) => {
    await using place = await createTemporaryHome();

    expect(() => chooseTransport({ broker: { ...broker, urls } }, place.home)).toThrow(
      expect.objectContaining({
        code: 'ERR_JETPACK_BAD_CONFIG',
        message: expect.not.stringContaining('secret-word'),
      }),
    );
  });
});
