import type { ExactObject } from '../internal/lossless-json.js';
import { isList, isObject } from '../internal/lossless-json.js';
import { nearest } from '../internal/nearest.js';
import type { Source } from './source.js';
import { child } from './values.js';

/** Enough for any node; a tree of 50 MB must not make a typing error expensive. */
const mostCandidates = 20_000;

/** The key that was most likely meant, out of those in the files and those that the other sources declare. */
export function nearestKey(
  key: string,
  files: ExactObject,
  sources: readonly Source[],
): string | undefined {
  const candidates = new Set(sources.flatMap((source) => source.keys));
  for (const name of keysBelow(files, '')) {
    if (candidates.size >= mostCandidates) break;
    candidates.add(name);
  }
  return nearest(key, candidates) ?? endingIn(`.${key}`, candidates);
}

/** `cluster.name` for `cyclecloud.cluster.name`: the end is right, the beginning was left out. */
function endingIn(end: string, candidates: Iterable<string>): string | undefined {
  const matches = [...candidates].filter((candidate) => candidate.endsWith(end));
  return matches.length === 1 ? matches[0] : undefined;
}

function* keysBelow(tree: ExactObject, prefix: string): Generator<string> {
  for (const name of Object.keys(tree)) {
    const key = prefix + name;
    yield key;
    const value = child(tree, name);
    if (isObject(value) && !isList(value)) yield* keysBelow(value, `${key}.`);
  }
}
