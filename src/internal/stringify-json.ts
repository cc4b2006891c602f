import type { ExactValue } from './lossless-json.js';
import { JsonNumber, isList } from './lossless-json.js';

/**
 * Writes JSON as Python's `json.dumps` does with sorted keys: `, ` and `: ` between things, on one line or, with
 * `indent`, one thing a line; plain ASCII, which arrives whole whatever locale the reader runs in. Numbers are written
 * digit by digit as they were read.
 *
 * @param indent - blanks a level; 0 is one line
 *
 * @public
 */
export function stringifyJson(value: ExactValue, indent = 0): string {
  return write(value, indent, indent === 0 ? ' ' : '\n');
}

function write(value: ExactValue, indent: number, separator: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (value instanceof JsonNumber) return value.source;
  const inner = indent === 0 ? separator : separator + ' '.repeat(indent);
  if (isList(value)) {
    return enclose(
      ['[', ']'],
      value.map((item) => write(item, indent, inner)),
      [inner, separator],
    );
  }
  const members = Object.keys(value)
    .toSorted()
    .map((name) => `${quoted(name)}: ${write(value[name] ?? null, indent, inner)}`);
  return enclose(['{', '}'], members, [inner, separator]);
}

function enclose(
  [open, close]: readonly [string, string],
  items: readonly string[],
  [inner, outer]: readonly [string, string],
): string {
  if (items.length === 0) return open + close;
  const isOneLine = outer === ' ';
  return isOneLine
    ? `${open}${items.join(', ')}${close}`
    : `${open}${inner}${items.join(`,${inner}`)}${outer}${close}`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007F-\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
