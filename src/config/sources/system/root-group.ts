import type { Collector } from './collector.js';
import { linesOf } from './text.js';

/** Name of the group that root is in: passwd(5), group(5). */
export const rootGroup: Collector = async (machine) => {
  const [passwd, group] = await Promise.all([
    machine.read('/etc/passwd'),
    machine.read('/etc/group'),
  ]);
  const id = rows(passwd).find(([user]) => user === 'root')?.[3];
  return id === undefined ? undefined : rows(group).find((row) => row[2] === id)?.[0];
};

function rows(text: string | undefined): readonly (readonly string[])[] {
  return linesOf(text).map((line) => line.split(':'));
}
