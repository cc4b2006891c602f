import type { ConfigValue } from '../../values.js';
import type { Collector } from './collector.js';
import { parseFields, readOsRelease } from './os-release.js';

/**
 * What `lsb_release -a` prints, from the files it reads itself; empty, as in Ohai, when that program is not installed.
 */
export const lsb: Collector = async (machine) => {
  if (machine.name === 'windows') return undefined;
  const programs = await machine.list('/usr/bin');
  if (!programs.includes('lsb_release')) return {};
  const file = parseFields((await machine.read('/etc/lsb-release')) ?? '');
  const system = (await readOsRelease(machine)) ?? new Map<string, string>();
  const name = system.get('ID') ?? '';
  return present({
    id: file.get('DISTRIB_ID') ?? name.charAt(0).toUpperCase() + name.slice(1),
    description: file.get('DISTRIB_DESCRIPTION') ?? system.get('PRETTY_NAME'),
    release: file.get('DISTRIB_RELEASE') ?? system.get('VERSION_ID'),
    codename: file.get('DISTRIB_CODENAME') ?? system.get('VERSION_CODENAME'),
  });
};

function present(fields: Readonly<Record<string, string | undefined>>): ConfigValue {
  const entries = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return Object.fromEntries(entries);
}
