import os from 'node:os';

import type { NodeIdentity } from './messages.js';

/** What the identity is read from: the node's attributes. */
export interface IdentitySource {
  get(key: string): Promise<unknown>;
}

/**
 * Who speaks, from the node's attributes and the machine. A damaged node.json does not silence the node: what cannot be
 * read stays empty, because a message about the damage may be the one that is being sent.
 */
export async function readIdentity(
  config: IdentitySource,
  fallbackCluster: string | undefined,
): Promise<NodeIdentity> {
  const read = async (key: string): Promise<string | undefined> => {
    try {
      const value = await config.get(key);
      return typeof value === 'string' && value !== '' ? value : undefined;
    } catch {
      return undefined; // every command that is about the configuration itself reports it
    }
  };
  return {
    cluster: (await read('cyclecloud.cluster.name')) ?? fallbackCluster ?? '',
    node: (await read('cyclecloud.node.name')) ?? '',
    nodeId: (await read('cyclecloud.node.id')) ?? '',
    hostname: os.hostname(),
    ipv4: (await read('cyclecloud.instance.ipv4')) ?? firstAddress() ?? '',
  };
}

function firstAddress(): string | undefined {
  return Object.values(os.networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
}
