import type { ExactObject, ExactValue } from '../internal/lossless-json.js';
import { isList, isObject } from '../internal/lossless-json.js';
import { child } from './values.js';

/** How a key was found: how many dots it took as part of a name, and what is there. */
interface Found {
  readonly joins: number;
  readonly value: ExactValue;
}

/**
 * Finds a dotted key. A list element is its index. A name may hold dots itself, so that neighbouring segments may have
 * to be joined: the fewest joins win, of equals the one that goes deeper first.
 */
export function find(tree: ExactObject, key: string): ExactValue | undefined {
  return new Search(key).from(tree, 0)?.value;
}

/** The names that a key's first step may mean: `a.b.c` begins with `a`, `a.b` or `a.b.c`. */
export function topKeys(key: string): string[] {
  const names: string[] = [];
  for (let dot = key.indexOf('.'); dot !== -1; dot = key.indexOf('.', dot + 1)) {
    names.push(key.slice(0, dot));
  }
  names.push(key);
  return names;
}

class Search {
  readonly #key: string;
  /** What was found below a container from a place of the key on: without it, `a.a.a.a…` would be tried in 2^n ways. */
  readonly #known = new Map<ExactValue, Map<number, Found | undefined>>();

  constructor(key: string) {
    this.#key = key;
  }

  from(container: ExactValue, start: number): Found | undefined {
    const known = this.#known.get(container) ?? new Map<number, Found | undefined>();
    this.#known.set(container, known);
    if (!known.has(start)) known.set(start, this.#search(container, start));
    return known.get(start);
  }

  #search(container: ExactValue, start: number): Found | undefined {
    let best: Found | undefined;
    let joins = 0;
    for (const end of this.#ends(start)) {
      if (best !== undefined && joins >= best.joins) break;
      const next = step(container, this.#key.slice(start, end));
      const rest = next === undefined ? undefined : this.#rest(next, end);
      if (rest !== undefined && (best === undefined || joins + rest.joins < best.joins)) {
        best = { joins: joins + rest.joins, value: rest.value };
      }
      joins++;
    }
    return best;
  }

  #rest(value: ExactValue, end: number): Found | undefined {
    if (end === this.#key.length) return { joins: 0, value };
    return this.from(value, end + 1);
  }

  *#ends(start: number): Generator<number> {
    for (
      let dot = this.#key.indexOf('.', start);
      dot !== -1;
      dot = this.#key.indexOf('.', dot + 1)
    ) {
      yield dot;
    }
    yield this.#key.length;
  }
}

function step(container: ExactValue, name: string): ExactValue | undefined {
  if (isObject(container)) return child(container, name);
  return isList(container) && /^(?:0|[1-9]\d*)$/.test(name) ? container[Number(name)] : undefined;
}
