import type { Collector } from './collector.js';
import type { Machine } from './machine.js';
import { readOsRelease } from './os-release.js';
import { lineOf, linesOf } from './text.js';

/** What `uname` prints, and the modules that are loaded. */
export const kernel: Collector = async (machine) => {
  if (machine.name === 'windows') return windowsKernel(machine);
  const [name, release, version, loaded, distribution] = await Promise.all([
    machine.read('/proc/sys/kernel/ostype'),
    machine.read('/proc/sys/kernel/osrelease'),
    machine.read('/proc/sys/kernel/version'),
    machine.read('/proc/modules'),
    readOsRelease(machine),
  ]);
  return {
    name: lineOf(name) ?? 'Linux',
    release: lineOf(release) ?? machine.os.release(),
    version: lineOf(version) ?? machine.os.version(),
    machine: machine.os.machine(),
    // `uname -p` is not the kernel's: Debian leaves it unknown, the others patch it to say the architecture.
    processor: distribution?.get('ID') === 'debian' ? 'unknown' : machine.os.machine(),
    os: distribution?.get('ID') === 'alpine' ? 'Linux' : 'GNU/Linux',
    modules: Object.fromEntries(
      await Promise.all(linesOf(loaded).map(async (line) => module(machine, line))),
    ),
  };
};

/** proc(5), /proc/modules: name, size, how often it is in use, … */
async function module(
  machine: Machine,
  line: string,
): Promise<[string, Readonly<Record<string, string>>]> {
  const [name = '', size = '0', refcount = '0'] = line.split(' ');
  const version = lineOf(await machine.read(`/sys/module/${name}/version`))?.trim() ?? '';
  return [name, { size, refcount, ...(version === '' ? {} : { version }) }];
}

function windowsKernel({ os }: Machine): Readonly<Record<string, string>> {
  return {
    name: os.version(),
    release: os.release(),
    version: os.release(),
    machine: os.machine(),
  };
}
