import fs from 'node:fs/promises';
import path from 'node:path';

import { JetpackError } from './errors.js';
import type { Home } from './home.js';
import { errnoOf, readError } from './internal/fs-error.js';
import { readIni } from './internal/ini.js';
import { readJsonFile } from './internal/json-file.js';
import { isJsonObject, textsOf } from './internal/json.js';

/**
 * How messages reach the server.
 *
 * @public
 */
export interface BrokerConnection {
  /** Tried in turn. Empty: none is configured, and messages are appended to a file of this node. They hold credentials. */
  readonly urls: readonly string[];
  /** The exchange of what the agent says. */
  readonly exchange: string;
  /** File with the trusted certificates (PEM). */
  readonly ca?: string;
  /** File with our certificate (PEM). */
  readonly cert?: string;
  /** File with its key (PEM). */
  readonly key?: string;
  /** True accepts any certificate. */
  readonly insecureSkipVerify: boolean;
}

/**
 * Which server, broker and locker this node belongs to.
 *
 * @public
 */
export interface Connection {
  /** The cluster's name, where `cyclecloud.cluster.name` is not known. Only in `connection.json`. */
  readonly cluster?: string;
  /** As whom this node calls the server; of `jetpack.ini` it is `api_username`. */
  readonly username?: string;
  /** A secret; of `jetpack.ini` it is `api_password`. */
  readonly password?: string;
  /** The server's own url. */
  readonly url?: string;
  /** Of `connection.json`, or its defaults: no urls, and the exchange `cyclecloud`. */
  readonly broker: BrokerConnection;
  /** The locker's url. It may hold credentials. */
  readonly lockerUrl?: string;
  /** Another instance metadata service than the platform's own. */
  readonly metadataUrl?: string;
  /** What a person should know, a line each: a file with secrets that others can read. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;
type Fields = Readonly<Record<string, unknown>>;

const noFields: Fields = {};

/**
 * Reads `config/connection.json`, or, where there is none, the older `config/jetpack.ini` (section `cycle_server`:
 * `webserver`, `api_username`, `api_password`). `JETPACK_BROKER_URL` (several, separated by commas), `JETPACK_LOCKER_URL` and
 * `JETPACK_METADATA_URL` win over both. A node that has none of all that is not connected, which is no error.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` when the file is damaged, with where and why and never a value;
 * `ERR_JETPACK_PERMISSION` when this user may not read it
 *
 * @public
 */
export async function readConnection(
  home: Home,
  env: Environment = process.env,
): Promise<Connection> {
  const file = home.connectionFile;
  const document = readJsonFile(file);
  const source = document === undefined ? iniFile(home) : file;
  const fields = document ?? (await readOlder(source));
  const reader = new FieldReader(file);
  const locker = env['JETPACK_LOCKER_URL'] || reader.text(reader.object(fields, 'locker'), 'url');
  return {
    ...reader.texts(fields, ['cluster', 'username', 'password', 'url']),
    broker: readBroker(reader, fields, env),
    ...(locker ? { lockerUrl: locker } : {}),
    ...(env['JETPACK_METADATA_URL'] ? { metadataUrl: env['JETPACK_METADATA_URL'] } : {}),
    warnings: await warningsAbout(source),
  };
}

function readBroker(reader: FieldReader, fields: Fields, env: Environment): BrokerConnection {
  const broker = reader.object(fields, 'broker');
  const folder = path.dirname(reader.file);
  const files = reader.texts(broker, ['ca', 'cert', 'key']);
  const override = env['JETPACK_BROKER_URL'];
  return {
    urls: override ? override.split(',').map((url) => url.trim()) : reader.urls(broker),
    exchange: reader.text(broker, 'exchange') ?? 'cyclecloud',
    ...Object.fromEntries(
      Object.entries(files).map(([name, file]) => [name, path.resolve(folder, file)]),
    ),
    insecureSkipVerify: reader.flag(broker, 'insecureSkipVerify'),
  };
}

function iniFile(home: Home): string {
  return path.join(path.dirname(home.connectionFile), 'jetpack.ini');
}

async function readOlder(file: string): Promise<Fields> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return noFields;
    throw readError(error, file);
  }
  const section = readIni(text).get('cycle_server');
  return {
    url: section?.get('webserver'),
    username: section?.get('api_username'),
    password: section?.get('api_password'),
  };
}

/** A file with secrets that others can read, or that a group can change. */
async function warningsAbout(file: string): Promise<string[]> {
  if (process.platform === 'win32') return [];
  try {
    const { mode } = await fs.stat(file);
    const isOpen = (mode & 0o026) !== 0;
    return isOpen
      ? [`${file} holds secrets, and others can read or change it: chmod 640 ${file}`]
      : [];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw readError(error, file);
  }
}

/** Reads fields by type. What has the wrong type is named, and its value is not. */
class FieldReader {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  object(fields: Fields, name: string): Fields {
    const value = own(fields, name);
    if (value === undefined || value === null) return noFields;
    if (isJsonObject(value)) return value;
    throw this.#wrong(name, 'an object');
  }

  text(fields: Fields, name: string): string | undefined {
    const value = own(fields, name);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw this.#wrong(name, 'a text');
  }

  texts<K extends string>(fields: Fields, names: readonly K[]): Partial<Record<K, string>> {
    const found: Partial<Record<K, string>> = {};
    for (const name of names) {
      const value = this.text(fields, name);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  flag(fields: Fields, name: string): boolean {
    const value = own(fields, name);
    if (value === undefined || value === null) return false;
    if (typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  urls(fields: Fields): readonly string[] {
    const value = own(fields, 'urls');
    if (value === undefined || value === null) return [];
    const urls = textsOf(value);
    const isList = Array.isArray(value) && urls.length === value.length;
    if (isList && urls.every((url) => URL.canParse(url))) return urls;
    throw this.#wrong('broker.urls', 'a list of urls');
  }

  #wrong(name: string, expected: string): JetpackError {
    return new JetpackError(
      'ERR_JETPACK_BAD_CONFIG',
      `cannot use ${this.file}: ${name} must be ${expected}`,
      { path: this.file },
    );
  }
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
