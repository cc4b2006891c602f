import type { Collector } from './collector.js';
import type { Machine } from './machine.js';
import { linesOf } from './text.js';

/**
 * The fields of /etc/os-release (os-release(5)) without their quotes; `undefined` when this machine has no such file.
 */
export async function readOsRelease(
  machine: Machine,
): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await machine.read('/etc/os-release');
  return text === undefined ? undefined : parseFields(text);
}

/** `NAME="value"`, a line each: os-release and lsb-release. */
export function parseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    const equals = line.indexOf('=');
    if (line.startsWith('#') || equals === -1) continue;
    const [, , value = ''] = /^(["']?)(.*)\1\s*$/.exec(line.slice(equals + 1)) ?? [];
    fields.set(line.slice(0, equals).trim(), value);
  }
  return fields;
}

/** All of the file, its names in lower case, `id_like` as a list. */
export const osRelease: Collector = async (machine) => {
  const fields = await readOsRelease(machine);
  if (fields === undefined) return undefined;
  return Object.fromEntries(
    [...fields].map(([name, value]) => [
      name.toLowerCase(),
      name === 'ID_LIKE' ? value.split(/\s+/) : value,
    ]),
  );
};
