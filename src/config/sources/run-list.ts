import type { ExactObject, ExactValue } from '../../internal/lossless-json.js';
import { isList, isObject } from '../../internal/lossless-json.js';
import { find } from '../lookup.js';
import { child } from '../values.js';

/** Roles and recipes, each once, in the order of the run list. */
export interface RunListNames {
  readonly roles: readonly string[];
  readonly recipes: readonly string[];
}

/**
 * What the node's own run list, and then that of each assigned spec, name. `undefined` when there is no run list at all.
 * Chef's forms: `role[r]`, `recipe[c::r]`, `recipe[c@1.2.3]` and the bare `c::r`.
 */
export function readRunList(tree: ExactObject): RunListNames | undefined {
  const specs = find(tree, 'cyclecloud.cluster_init_specs');
  const lists = [
    find(tree, 'run_list'),
    find(tree, 'cyclecloud.run_list'),
    ...(isList(specs) ? specs : []).map((spec) =>
      isObject(spec) ? child(spec, 'run_list') : null,
    ),
  ].filter((list) => isList(list));
  if (lists.length === 0) return undefined;
  return namesOf(lists.flat());
}

function namesOf(items: readonly ExactValue[]): RunListNames {
  const roles = new Set<string>();
  const recipes = new Set<string>();
  for (const item of items) {
    if (typeof item !== 'string') continue;
    const [, kind = 'recipe', inBrackets] = /^\s*(role|recipe)\[([^\]]*)\]\s*$/.exec(item) ?? [];
    const name = (inBrackets ?? item).trim().replace(/@.*$/, '');
    if (name !== '') (kind === 'role' ? roles : recipes).add(name);
  }
  return { roles: [...roles], recipes: [...recipes] };
}
