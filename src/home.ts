import path from 'node:path';

/**
 * What {@link Home} is made from.
 *
 * @public
 */
export interface HomeOptions {
  /** Root of everything below. */
  readonly root: string;
  /** Where cluster-init specs are installed. @defaultValue `<root>/cluster-init` */
  readonly clusterInit?: string;
}

/**
 * Every path of a node's agent, in one place. Making one touches no file.
 *
 * @public
 */
export class Home {
  /** `JETPACK_HOME`. */
  readonly root: string;
  /** Cluster-init root: installed specs, and the markers of scripts that have run. */
  readonly clusterInit: string;

  constructor(options: HomeOptions) {
    this.root = path.resolve(options.root);
    this.clusterInit = path.resolve(options.clusterInit ?? path.join(this.root, 'cluster-init'));
  }

  /** The node's attribute tree. */
  get nodeFile(): string {
    return this.#in('config', 'node.json');
  }

  /** The second attribute tree; it wins over {@link Home.nodeFile}. */
  get configurationFile(): string {
    return this.#in('config', 'configuration.json');
  }

  /** Which server, broker and locker. */
  get connectionFile(): string {
    return this.#in('config', 'connection.json');
  }

  /** Health check scripts. */
  get healthChecks(): string {
    return this.#in('config', 'healthcheck.d');
  }

  /** Log files. */
  get logs(): string {
    return this.#in('logs');
  }

  /** Where the `file:` transport writes when no broker is configured. */
  get messagesFile(): string {
    return this.#in('logs', 'messages.jsonl');
  }

  /** Messages that wait for the server. */
  get outbox(): string {
    return this.#in('run', 'outbox');
  }

  /** State that must outlive a process, and locks. */
  get run(): string {
    return this.#in('run');
  }

  /** The keepalive that somebody asked for, if any. */
  get keepAliveFile(): string {
    return this.#in('run', 'keepalive.json');
  }

  /** What the health checks said so far, and what was asked of the server because of it. */
  get healthFile(): string {
    return this.#in('run', 'health.json');
  }

  /** The agent's own parts. */
  get system(): string {
    return this.#in('system');
  }

  /** Downloaded content, by its hash. */
  get cache(): string {
    return this.#in('system', 'cache');
  }

  /** Everything Chef reads and writes. */
  get chef(): string {
    return this.#in('system', 'chef');
  }

  /** A Chef client of our own, when one was installed. */
  get embedded(): string {
    return this.#in('system', 'embedded');
  }

  /** Folder of the `jetpack` command, first on the PATH of every script. */
  get bin(): string {
    return this.#in('bin');
  }

  #in(...segments: string[]): string {
    return path.join(this.root, ...segments);
  }
}

/**
 * Which home a command or a program means: the option, else `JETPACK_HOME`, else `CYCLECLOUD_HOME`, else the platform's
 * own. The cluster-init root is `JETPACK_CLUSTER_INIT`, else the platform's when the home is the platform's, else below
 * the home, so that any number of homes live side by side.
 *
 * @public
 */
export function resolveHome(
  platform: { readonly defaultHome: string; readonly defaultClusterInit: string },
  env: Readonly<Record<string, string | undefined>> = process.env,
  root?: string,
): Home {
  const chosen = path.resolve(
    root ?? (env['JETPACK_HOME'] || env['CYCLECLOUD_HOME'] || platform.defaultHome),
  );
  const clusterInit =
    env['JETPACK_CLUSTER_INIT'] ||
    (chosen === path.resolve(platform.defaultHome) ? platform.defaultClusterInit : undefined);
  return new Home({ root: chosen, ...(clusterInit === undefined ? {} : { clusterInit }) });
}
