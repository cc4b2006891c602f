import type { Collector } from './collector.js';
import type { Machine } from './machine.js';
import { lineOf, linesOf } from './text.js';

/** What `hostname` prints. */
export const machinename: Collector = async (machine) => nameOf(machine);

/** The machine's name up to its first dot. */
export const hostname: Collector = async (machine) => (await nameOf(machine)).split('.')[0];

/** The canonical name that the machine's name resolves to, as `hostname --fqdn` says. */
export const fqdn: Collector = async (machine, signal) => canonicalName(machine, signal);

/** The canonical name's part after its first dot; `null` when it has none, as in Ohai. */
export const domain: Collector = async (machine, signal) => {
  const name = await canonicalName(machine, signal);
  return /^.+?\.(.*)$/.exec(name ?? '')?.[1] ?? null;
};

async function nameOf(machine: Machine): Promise<string> {
  return lineOf(await machine.read('/proc/sys/kernel/hostname')) ?? machine.os.hostname();
}

async function canonicalName(machine: Machine, signal: AbortSignal): Promise<string | undefined> {
  const name = await nameOf(machine);
  if (machine.name === 'windows') return name;
  const known = inHosts(await machine.read('/etc/hosts'), name);
  if (known !== undefined) return known;
  // Only the C library knows which other services are asked, and Node does not pass on the canonical name.
  const answer = await machine.run({ file: 'hostname', args: ['--fqdn'] }, signal);
  return lineOf(answer)?.trim() || undefined;
}

/** hosts(5): an address, the canonical name, its aliases. */
function inHosts(hosts: string | undefined, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const line of linesOf(hosts)) {
    const [, ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (names.some((alias) => alias.toLowerCase() === wanted)) return names[0];
  }
  return undefined;
}
