import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { JetpackError } from '../errors.js';
import type { Home } from '../home.js';
import type { ExactObject, ExactValue } from '../internal/lossless-json.js';
import { createObject, isObject } from '../internal/lossless-json.js';
import type { Platform } from '../platform.js';
import type { Explanation } from './explain.js';
import type { KnownKeys } from './known-keys.js';
import { find, topKeys } from './lookup.js';
import type { Source } from './source.js';
import { AttributeFiles } from './sources/files.js';
import type { Machine } from './sources/system/machine.js';
import type { ConfigValue } from './values.js';
import { child, merge, toPlain } from './values.js';

/**
 * What a {@link Config} is made from.
 *
 * @public
 */
export interface ConfigOptions {
  /** Whose attribute files are read. */
  readonly home: Home;
  /**
   * Runs the few programs that know what no file tells, such as `hostname --fqdn`.
   *
   * @defaultValue none is run, and what only they know is absent
   */
  readonly platform?: Pick<Platform, 'name' | 'run'>;
  /** What system attributes are read from. @defaultValue the machine this process runs on */
  readonly machine?: Machine;
  /** Measures the age of files and the deadline of collectors. @defaultValue the machine's own time */
  readonly clock?: Clock;
  /** Milliseconds that each collector of system attributes has. @defaultValue 2000 */
  readonly deadline?: number;
  /**
   * Told of a collector that failed or was too slow. It costs its own keys and nobody else's: they are absent, and
   * {@link Config.explain} says why. @defaultValue nobody is told
   */
  readonly onError?: (error: JetpackError) => void;
}

/**
 * A key and what is there, numbers exactly as they were written.
 *
 * @public
 */
export interface ConfigEntry {
  /** As it was asked for. */
  readonly key: string;
  /** Objects are merged from all sources that know the key; anything else is that of the first one. */
  readonly value: ExactValue;
}

/**
 * What is known about this node, as one tree of attributes: the cluster's and the user's settings, the machine's own
 * attributes under Ohai's names, and a few that follow from those.
 *
 * Sources, the first that knows a key wins, objects are merged in the same order: `config/configuration.json`,
 * `config/node.json`, system attributes, derived ones (`cyclecloud.home`, `cyclecloud.bootstrap`, `jetpack.downloads`,
 * `cyclecloud.jetpack.version`, `roles`, `recipes`). Both files are read when something is first asked, once for each
 * `Config`. Everything else is found out when a question needs it, and afresh for each question.
 *
 * Keys are dotted: `cyclecloud.cluster.name`. A list element is its index: `mounts.0`. A name that holds dots itself is
 * found by joining segments, the fewest joins win.
 *
 * Every method rejects with `ERR_JETPACK_BAD_CONFIG` (naming file, line and column, never a value) when one of the files
 * is damaged, and with `ERR_JETPACK_PERMISSION` when this user may not read it, whatever is asked for and whatever the
 * default: damage is never hidden. A file that is not there is an empty one.
 *
 * @public
 */
export class Config {
  readonly #options: ConfigOptions;
  readonly #clock: Clock;
  readonly #files: AttributeFiles;

  constructor(options: ConfigOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#files = new AttributeFiles(options.home);
  }

  /**
   * The value of a key as JavaScript has it: a number, or a `bigint` for a whole number beyond 2^53. `undefined`, or the
   * default, when the key is absent; `null` is a value.
   */
  get<K extends keyof KnownKeys>(key: K): Promise<KnownKeys[K] | undefined>;
  /** The same for a key of the cluster's own. The type is the caller's word; nothing checks it. */
  get<T = ConfigValue>(key: string): Promise<T | undefined>;
  /** The same with a default for an absent key. A `null` that is there is returned, not the default. */
  get<T = ConfigValue>(key: string, defaultValue: T): Promise<T>;
  async get(key: string, defaultValue?: unknown): Promise<unknown> {
    const entry = await this.lookup(key);
    return entry === undefined ? defaultValue : toPlain(entry.value);
  }

  /** Whether the key is there, `null` included. */
  async has(key: string): Promise<boolean> {
    return (await this.lookup(key)) !== undefined;
  }

  /** The value of a key with every digit of its numbers, `undefined` when it is absent. */
  async lookup(key: string): Promise<ConfigEntry | undefined> {
    let tree = this.#files.tree();
    let value = find(tree, key);
    if (isSettled(value)) return { key, value };
    for (const source of await this.#laterSources()) {
      for (const top of openKeys(source, tree, key)) {
        tree = merge(tree, await this.#collect(source, top));
      }
      value = find(tree, key);
      if (isSettled(value)) break;
    }
    return value === undefined ? undefined : { key, value };
  }

  /** Everything that every source knows, merged. */
  async tree(): Promise<ExactObject> {
    let tree = this.#files.tree();
    const asked = (await this.#laterSources()).flatMap((source) =>
      source.keys
        .filter((top) => isOpen(child(tree, top)))
        .map(async (top) => this.#collect(source, top)),
    );
    for (const part of await Promise.all(asked)) tree = merge(tree, part);
    return tree;
  }

  /** What each source says that has to be asked for a key, in their order. Values are never told, only their kinds. */
  async explain(key: string): Promise<Explanation[]> {
    const { ask } = await import('./explain.js');
    const explanations: Explanation[] = [];
    let tree: ExactObject = createObject();
    for (const file of this.#files.all) {
      const source = { name: file.name, age: () => file.age(this.#clock) };
      const { explanation } = await ask(source, async () => {
        tree = merge(tree, file.tree());
        return find(file.tree(), key);
      });
      explanations.push(explanation);
    }
    if (explanations.some(({ answer }) => answer === 'error') || isSettled(find(tree, key))) {
      return explanations;
    }
    for (const source of await this.#laterSources()) {
      const tops = openKeys(source, tree, key);
      if (tops.length === 0) continue;
      let part: ExactObject = createObject();
      const { explanation } = await ask({ name: source.name, age: () => undefined }, async () => {
        for (const top of tops) part = merge(part, wrap(top, await source.collect(top)));
        return find(part, key);
      });
      explanations.push(explanation);
      tree = merge(tree, part);
      if (isSettled(find(tree, key))) break;
    }
    return explanations;
  }

  /** The existing key that somebody most likely meant, `undefined` when none is near. */
  async nearest(key: string): Promise<string | undefined> {
    const { nearestKey } = await import('./nearest-key.js');
    return nearestKey(key, this.#files.tree(), await this.#laterSources());
  }

  async #collect(source: Source, top: string): Promise<ExactObject> {
    try {
      return wrap(top, await source.collect(top));
    } catch (error) {
      if (!(error instanceof JetpackError)) throw error;
      this.#options.onError?.(error);
      return createObject();
    }
  }

  /** Loaded only here: a key of the files does not even pay for the names of the others. */
  async #laterSources(): Promise<readonly Source[]> {
    const { laterSources } = await import('./sources/later.js');
    const { home, machine, platform, deadline = 2000 } = this.#options;
    const files = this.#files.tree();
    return laterSources({ home, files, machine, platform, deadline, clock: this.#clock });
  }
}

/** A leaf or a list is the whole answer; an object may have more children in a later source. */
function isSettled(value: ExactValue | undefined): value is ExactValue {
  return value !== undefined && !isObject(value);
}

/** Whether a later source can still add something here. */
function isOpen(value: ExactValue | undefined): boolean {
  return value === undefined || isObject(value);
}

/** The top-level keys that a source must be asked for to answer for this key. */
function openKeys(source: Source, tree: ExactObject, key: string): readonly string[] {
  return topKeys(key).filter((top) => source.keys.includes(top) && isOpen(child(tree, top)));
}

function wrap(top: string, value: ExactValue | undefined): ExactObject {
  const object = createObject();
  if (value !== undefined) object[top] = value;
  return object;
}
