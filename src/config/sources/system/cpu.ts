import type { ConfigValue } from '../../values.js';
import type { Collector } from './collector.js';
import type { Machine } from './machine.js';
import { lineOf, linesOf } from './text.js';

type Processor = Record<string, ConfigValue>;

/** Ohai's names for the fields of /proc/cpuinfo; x86 and ARM say the same things in different words. */
const names: Readonly<Record<string, string>> = {
  vendor_id: 'vendor_id',
  'cpu family': 'family',
  model: 'model',
  'model name': 'model_name',
  stepping: 'stepping',
  'cpu MHz': 'mhz',
  'cache size': 'cache_size',
  'physical id': 'physical_id',
  'core id': 'core_id',
  'cpu cores': 'cores',
  BogoMIPS: 'bogomips',
  flags: 'flags',
  Features: 'features',
};

const lists = new Set(['flags', 'features']);

/** Each processor by its number, and how many there are: `total` threads, `cores`, `real` sockets. */
export const cpu: Collector = async (machine) => {
  const text = await machine.read('/proc/cpuinfo');
  if (text === undefined) return undefined;
  const processors = readProcessors(text);
  return { ...processors, ...(await count(machine, processors)) };
};

function readProcessors(text: string): Record<string, Processor> {
  const processors: Record<string, Processor> = {};
  let current: Processor = {};
  for (const line of linesOf(text)) {
    const [, field = '', value = ''] = /^(.*?)\s*:\s(.*)$/.exec(line) ?? [];
    if (field === 'processor') {
      current = {};
      processors[value] = current;
    }
    const name = Object.hasOwn(names, field) ? names[field] : undefined;
    if (name !== undefined) current[name] = lists.has(name) ? value.trim().split(/\s+/) : value;
  }
  return processors;
}

async function count(
  machine: Machine,
  processors: Readonly<Record<string, Processor>>,
): Promise<Processor> {
  const all = Object.values(processors);
  const sockets = new Set(all.flatMap((processor) => processor['physical_id'] ?? []));
  const coresEach = Number(all[0]?.['cores']);
  if (sockets.size > 0 && coresEach > 0) {
    return { total: all.length, real: sockets.size, cores: sockets.size * coresEach };
  }
  return { total: all.length, ...(await countInSys(machine)) };
}

/** Where cpuinfo does not tell (ARM): the topology that the kernel shows in /sys, as `lscpu` reads it. */
async function countInSys(machine: Machine): Promise<Processor> {
  const base = '/sys/devices/system/cpu';
  const folders = (await machine.list(base)).filter((name) => /^cpu\d+$/.test(name));
  const places = await Promise.all(
    folders.map(async (name) => {
      const [socket, core] = await Promise.all([
        machine.read(`${base}/${name}/topology/physical_package_id`),
        machine.read(`${base}/${name}/topology/core_id`),
      ]);
      return { socket: lineOf(socket), core: `${lineOf(socket)}/${lineOf(core)}` };
    }),
  );
  const known = places.filter(({ socket }) => socket !== undefined);
  if (known.length === 0) return {};
  return {
    total: known.length,
    real: new Set(known.map(({ socket }) => socket)).size,
    cores: new Set(known.map(({ core }) => core)).size,
  };
}
