import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { Converger } from '../../src/converge/converger.js';
import type { ConvergeEvent } from '../../src/converge/events.js';
import type {
  ConvergeOptions,
  ConvergeResult,
  ConvergerOptions,
} from '../../src/converge/options.js';
import type { Home } from '../../src/home.js';
import type { Locker } from '../../src/locker.js';
import { FileLocker } from '../../src/lockers/file.js';
import type { NodeStatusReport } from '../../src/messaging/messages.js';
import { detectPlatform } from '../../src/platforms/detect.js';
import { createTemporaryHome } from '../../src/testing/temporary-home.js';

/** The real project of the fixtures: two specs, blobs, a cookbook. */
export const demoProject = path.resolve('test/fixtures/projects/demo');

/** Both specs of it, as a node is assigned them. */
export const demoSpecs = [
  { project: 'demo', version: '1.0.0', spec: 'default' },
  { project: 'demo', version: '1.0.0', spec: 'scheduler' },
];

/** A node with a home, a locker and a converger of its own. */
export interface ConvergeNode extends AsyncDisposable {
  readonly home: Home;
  /** The folder that is the locker. */
  readonly locker: string;
  /** Answers of the configuration, by dotted key. */
  readonly config: Map<string, unknown>;
  readonly reports: NodeStatusReport[];
  readonly events: ConvergeEvent[];
  readonly converger: Converger;
  /** Another converger over the same home. */
  make(options?: Partial<ConvergerOptions>): Converger;
  converge(options?: ConvergeOptions): Promise<ConvergeResult>;
  /** Puts a file into a spec of the locker: `put('demo/1.0.0/default', 'scripts/a.sh', …)`. */
  put(spec: string, file: string, content: string | Uint8Array): Promise<void>;
  /** Assigns specs, written `project/version/spec`. */
  assign(...specs: string[]): void;
  /** What the demo's scripts have said, line by line. */
  said(): Promise<string[]>;
  /** Reads a file of the cluster-init root. */
  installed(file: string): Promise<string>;
}

/** Makes a {@link ConvergeNode}, with the demo project in its locker or with nothing. */
export async function createConvergeNode(
  options: { readonly empty?: boolean; readonly locker?: Locker } = {},
): Promise<ConvergeNode> {
  const temporary = await createTemporaryHome();
  const { home } = temporary;
  const locker = path.join(home.root, 'locker');
  if (options.empty === true) await fs.mkdir(locker);
  else await fs.cp(demoProject, locker, { recursive: true });
  const config = new Map<string, unknown>();
  if (options.empty !== true) config.set('cyclecloud.cluster_init_specs', demoSpecs);
  const reports: NodeStatusReport[] = [];
  const events: ConvergeEvent[] = [];
  const make = (more: Partial<ConvergerOptions> = {}): Converger =>
    new Converger({
      home,
      config: {
        get: async (key) => JSON.parse(JSON.stringify(config.get(key) ?? null)) ?? undefined,
      },
      sender: {
        report: async (report) => {
          if (report.kind === 'node.status') reports.push(report);
          return { messageId: String(reports.length), delivered: false };
        },
      },
      platform: detectPlatform(),
      locker: options.locker ?? new FileLocker(pathToFileURL(locker).href),
      ...more,
    });
  const converger = make();
  return {
    home,
    locker,
    config,
    reports,
    events,
    converger,
    make,
    converge: async (more = {}) =>
      converger.converge({
        onProgress: (event) => {
          events.push(event);
        },
        ...more,
      }),
    put: async (spec, file, content) => {
      const full = path.join(locker, 'projects', spec, 'cluster-init', file);
      await fs.mkdir(path.dirname(full), { recursive: true });
      await fs.writeFile(full, content);
    },
    assign: (...specs) => {
      const list = specs.map((text) => {
        const [project = '', version = '', spec = ''] = text.split('/');
        return { project, version, spec };
      });
      config.set('cyclecloud.cluster_init_specs', list);
    },
    said: async () => {
      const text = await fs.readFile(path.join(home.root, 'said.txt'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
    installed: async (file) => fs.readFile(path.join(home.clusterInit, file), 'utf8'),
    [Symbol.asyncDispose]: async () => temporary[Symbol.asyncDispose](),
  };
}
