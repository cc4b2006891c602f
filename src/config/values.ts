import type { ExactObject, ExactValue } from '../internal/lossless-json.js';
import { JsonNumber, createObject, isList, isObject } from '../internal/lossless-json.js';

/**
 * A value as a program uses it: numbers are numbers, or `bigint` for a whole number beyond 2^53. Objects have no
 * prototype.
 *
 * @public
 */
export type ConfigValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly ConfigValue[]
  | { readonly [name: string]: ConfigValue };

/** What is not there: an object's absent name is not `null`, which is a value. */
export function child(object: ExactObject, name: string): ExactValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Both trees in one. Where both speak the first wins; only objects are merged, lists are values. */
export function merge(first: ExactObject, second: ExactObject): ExactObject {
  const merged = Object.assign(createObject(), second);
  for (const name of Object.keys(first)) {
    const ours = child(first, name);
    const theirs = child(second, name);
    if (ours === undefined) continue;
    merged[name] = isObject(ours) && isObject(theirs) ? merge(ours, theirs) : ours;
  }
  return merged;
}

/** Numbers as JavaScript has them. */
export function toPlain(value: ExactValue): ConfigValue {
  if (value instanceof JsonNumber) return toNumber(value);
  if (isList(value)) return value.map(toPlain);
  if (!isObject(value)) return value;
  const plain = createObject<ConfigValue>();
  for (const [name, member] of Object.entries(value)) plain[name] = toPlain(member);
  return plain;
}

function toNumber(value: JsonNumber): number | bigint {
  const number = Number(value.source);
  return !value.isInteger || Number.isSafeInteger(number) ? number : BigInt(value.source);
}

/** The other way round: what a program made, as part of the tree. */
export function toExact(value: ConfigValue): ExactValue {
  if (typeof value === 'number' || typeof value === 'bigint') return new JsonNumber(String(value));
  if (value === null || typeof value !== 'object') return value;
  if (isPlainList(value)) return value.map(toExact);
  const exact = createObject();
  for (const [name, member] of Object.entries(value)) exact[name] = toExact(member);
  return exact;
}

function isPlainList(value: ConfigValue): value is readonly ConfigValue[] {
  return Array.isArray(value);
}
