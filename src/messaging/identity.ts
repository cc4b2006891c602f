import os from 'node:os';

import type { NodeIdentity } from './messages.js';

/** The part of Config that the identity is read from. */
export interface IdentitySource {
  get<T>(key: string): Promise<T | undefined>;
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
      const value = await config.get<unknown>(key);
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
