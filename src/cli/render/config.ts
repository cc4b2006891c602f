import { stringifyJson } from '../../index.js';
import type { ConfigEntry, ExactObject } from '../../index.js';
import { isExactObject, pythonText } from './python-repr.js';

/** Blanks a level, as the agent's other JSON has. */
const indent = 4;

/** What `jetpack config KEY` prints: a leaf and a list on one line, an object one line a child. */
export function renderEntry({ key, value }: ConfigEntry): string {
  return isExactObject(value) ? renderChildren(value, `${key}.`) : `${pythonText(value)}\n`;
}

/** The children of the tree itself: what `jetpack config` prints. */
export function renderTree(tree: ExactObject): string {
  return renderChildren(tree, '');
}

/** What `--json` prints: an object as it is, anything else under its key and on one line. */
export function renderJsonEntry({ key, value }: ConfigEntry): string {
  return isExactObject(value) ? renderJsonTree(value) : `${stringifyJson({ [key]: value })}\n`;
}

/** An object as JSON. */
export function renderJsonTree(tree: ExactObject): string {
  return `${stringifyJson(tree, indent)}\n`;
}

function renderChildren(object: ExactObject, prefix: string): string {
  return Object.entries(object)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const what = isExactObject(value)
        ? `{${Object.keys(value).length} keys}`
        : `= ${pythonText(value)}`;
      return `  ${prefix}${name} ${what}\n`;
    })
    .join('');
}
