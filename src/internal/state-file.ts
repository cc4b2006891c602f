import fs from 'node:fs/promises';

import { errnoOf, readError } from './fs-error.js';
import { isJsonObject } from './json.js';

/** What a state file of ours holds. */
export type StateFile =
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly why: string }
  | { readonly state: 'read'; readonly value: unknown };

/** Our own state files stay far below. More is not ours, and is not read into memory. */
const largest = 16 * 1024 * 1024;

/**
 * Reads a JSON file that we wrote ourselves. That it is damaged is an answer and not an error, because its owner knows
 * what is safe then.
 *
 * @throws JetpackError `ERR_JETPACK_PERMISSION`, or `ERR_JETPACK_BAD_CONFIG` when it cannot be read for another reason
 */
export async function readStateFile(file: string): Promise<StateFile> {
  let text: string;
  try {
    const { size } = await fs.stat(file);
    if (size > largest) return { state: 'damaged', why: `${size} bytes are too many` };
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { state: 'absent' };
    throw readError(error, file);
  }
  try {
    return { state: 'read', value: JSON.parse(text) as unknown };
  } catch {
    return { state: 'damaged', why: text === '' ? 'it is empty' : 'it is not JSON' };
  }
}

/** The members of a JSON object, whatever their names; none of anything else. */
export function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isJsonObject(value) ? Object.entries(value) : []);
}

/** Whether a value can be a date: milliseconds since 1970. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime());
}
