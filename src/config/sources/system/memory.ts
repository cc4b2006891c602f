import type { ConfigValue } from '../../values.js';
import type { Collector } from './collector.js';
import { linesOf } from './text.js';

/** Ohai's names for the fields of /proc/meminfo (proc(5)); a dot begins a part of its own. */
const names: Readonly<Record<string, string>> = {
  MemTotal: 'total',
  MemFree: 'free',
  MemAvailable: 'available',
  Buffers: 'buffers',
  Cached: 'cached',
  Active: 'active',
  Inactive: 'inactive',
  HighTotal: 'high_total',
  HighFree: 'high_free',
  LowTotal: 'low_total',
  LowFree: 'low_free',
  Dirty: 'dirty',
  Writeback: 'writeback',
  AnonPages: 'anon_pages',
  Mapped: 'mapped',
  Slab: 'slab',
  SReclaimable: 'slab_reclaimable',
  SUnreclaim: 'slab_unreclaim',
  PageTables: 'page_tables',
  NFS_Unstable: 'nfs_unstable',
  Bounce: 'bounce',
  CommitLimit: 'commit_limit',
  Committed_AS: 'committed_as',
  VmallocTotal: 'vmalloc_total',
  VmallocUsed: 'vmalloc_used',
  VmallocChunk: 'vmalloc_chunk',
  SwapCached: 'swap.cached',
  SwapTotal: 'swap.total',
  SwapFree: 'swap.free',
  HugePages_Total: 'hugepages.total',
  HugePages_Free: 'hugepages.free',
  HugePages_Rsvd: 'hugepages.reserved',
  HugePages_Surp: 'hugepages.surplus',
  Hugepagesize: 'hugepage_size',
  Hugetlb: 'hugetlb',
};

/** Amounts as strings with their unit, for example `16309860kB`. */
export const memory: Collector = async (machine) => {
  const text = await machine.read('/proc/meminfo');
  if (text === undefined) return undefined;
  const parts: Record<string, Record<string, ConfigValue>> = {
    swap: {},
    hugepages: {},
    directmap: {},
  };
  const own: Record<string, ConfigValue> = { ...parts };
  for (const line of linesOf(text)) {
    const [, field = '', amount = '', unit = ''] = /^(\w+):\s+(\d+)(?: (\w+))?/.exec(line) ?? [];
    const name = nameOf(field);
    if (name === undefined) continue;
    const [part = '', inner] = name.split('.');
    const target = inner === undefined ? own : parts[part];
    if (target !== undefined) target[inner ?? part] = amount + unit;
  }
  return own;
};

function nameOf(field: string): string | undefined {
  const size = /^DirectMap(\d+[a-zA-Z])$/.exec(field)?.[1];
  if (size !== undefined) return `directmap.${size}`;
  return Object.hasOwn(names, field) ? names[field] : undefined;
}
