import fs from 'node:fs/promises';
import path from 'node:path';

import { JetpackError } from '../errors.js';
import { errnoOf, readError } from '../internal/fs-error.js';
import type { Layout } from './layout.js';
import type { ConvergeTools } from './options.js';
import type { ChefState } from './plan.js';

/** What the decision about Chef rests on, beside the configuration. */
export interface ChefFacts {
  /** The names of cookbooks that are, or will be, in the repository. */
  readonly cookbooks: ReadonlySet<string>;
  /** The run lists of the specs, in their order. */
  readonly specRunLists: readonly string[];
  /** Why Chef is left out whatever the configuration says. */
  readonly skip: string | undefined;
}

/**
 * Whether Chef is run, which one, and with which run list: the cookbook `cyclecloud` if it is there, what the node asks
 * for, what its specs ask for, the cookbook `cluster_init` if it is there; each once, where it stands first.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG`
 */
export async function chefState(facts: ChefFacts, tools: ConvergeTools): Promise<ChefState> {
  const { config } = tools;
  const has = (name: string): string[] => (facts.cookbooks.has(name) ? [`recipe[${name}]`] : []);
  const runList = [
    ...new Set([
      ...has('cyclecloud'),
      ...readRunList(await config.get<unknown>('run_list')),
      ...facts.specRunLists,
      ...has('cluster_init'),
    ]),
  ];
  const isEnabled = (await config.get<unknown>('cyclecloud.enable_chef')) !== false;
  const early = facts.skip ?? (isEnabled ? undefined : 'cyclecloud.enable_chef is false');
  if (early !== undefined) return { client: undefined, runList, skip: early };
  if (runList.length === 0) return { client: undefined, runList, skip: 'the run list is empty' };
  const client = await findClient(tools);
  const isRequired = (await config.get<unknown>('cyclecloud.chef.required')) !== false;
  const skip =
    client === undefined && !isRequired
      ? 'no Chef client is installed, and cyclecloud.chef.required is false'
      : undefined;
  return { client, runList, skip };
}

/** The names of the cookbooks in the repository as it is. */
export async function installedCookbooks(layout: Layout): Promise<Set<string>> {
  try {
    return new Set(await fs.readdir(layout.cookbooks));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Set();
    throw readError(error, layout.cookbooks);
  }
}

async function findClient(tools: ConvergeTools): Promise<string | undefined> {
  const { home, config, platform, env } = tools;
  const configured = await config.get<unknown>('cyclecloud.chef.client');
  const candidates = [
    path.join(home.embedded, 'bin', 'chef-client'),
    ...(typeof configured === 'string' && configured !== '' ? [configured] : []),
    'chef-client',
    'cinc-client',
  ];
  for (const name of candidates) {
    const found = await platform.findProgram(name, env);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readRunList(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const texts = Array.isArray(value) ? value : [undefined];
  return texts.map((item: unknown) => {
    if (typeof item === 'string') return item;
    throw new JetpackError(
      'ERR_JETPACK_BAD_CONFIG',
      'cannot use run_list: it is not a list of texts',
      {
        hint: 'write it as ["recipe[name]", "role[name]"]',
      },
    );
  });
}
