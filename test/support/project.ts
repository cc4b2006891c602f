import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

import type { Node } from './shell.ts';

/** Files of a project, by their path below `<version>/`: `default/cluster-init/scripts/10-a.sh`. */
export type ProjectFiles = Readonly<Record<string, string>>;

/**
 * Puts a project `demo 1.0.0` into a file locker below the node's home and assigns its specs, in the given order.
 * Returns the locker's folder.
 */
export async function assignProject(
  node: Node,
  files: ProjectFiles,
  specs: readonly string[],
): Promise<string> {
  const locker = path.join(node.home.root, 'locker');
  const entries = await Promise.all(
    Object.entries(files).map(async ([relative, content]) => {
      const file = path.join(locker, 'projects/demo/1.0.0', relative);
      await fs.mkdir(path.dirname(file), { recursive: true });
      await fs.writeFile(file, content);
      return { path: relative, checksum: createHash('md5').update(content).digest('hex') };
    }),
  );
  await node.write('locker/projects/demo/1.0.0/manifest.json', {
    name: 'demo',
    version: '1.0.0',
    type: 'application',
    files: entries,
    blobs: [],
    specs: Object.fromEntries(specs.map((spec) => [spec, { run_list: [] }])),
  });
  await node.write('config/connection.json', { locker: { url: `file://${locker}` } });
  await node.write('config/node.json', {
    cyclecloud: {
      cluster: { name: 'hpc1' },
      node: { name: 'execute-1', id: 'a1' },
      cluster_init_specs: specs.map((spec) => ({ project: 'demo', version: '1.0.0', spec })),
    },
  });
  return locker;
}

/** What the node has said so far through the file transport. */
export async function messagesOf(node: Node): Promise<
  {
    routingKey: string;
    messageId: string;
    body: Record<string, unknown>;
    headers: object;
    encoding?: string;
  }[]
> {
  const text = await fs.readFile(node.home.messagesFile, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
