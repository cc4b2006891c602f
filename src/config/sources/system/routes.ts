import type { Machine } from './machine.js';
import { linesOf } from './text.js';

/** A default route. */
export interface Route {
  readonly device: string;
  /** `undefined` when the neighbours are reached without one. */
  readonly gateway: string | undefined;
  readonly metric: number;
}

const up = 0x1; // <linux/route.h>: RTF_UP
const reject = 0x200; // RTF_REJECT: says that there is no way

/** The default route with the lowest metric. */
export async function defaultRoute(
  machine: Machine,
  family: 'IPv4' | 'IPv6',
): Promise<Route | undefined> {
  const routes =
    family === 'IPv4'
      ? linesOf(await machine.read('/proc/net/route')).flatMap(readRoute)
      : linesOf(await machine.read('/proc/net/ipv6_route')).flatMap(readRoute6);
  return routes.toSorted((a, b) => a.metric - b.metric)[0];
}

/** proc(5), /proc/net/route: addresses are hexadecimal in the byte order of the machine, which is little-endian. */
function readRoute(line: string): Route[] {
  const [device = '', destination, gateway = '', flags, , , metric, mask] = line
    .trim()
    .split(/\s+/);
  if (destination !== '00000000' || mask !== '00000000') return [];
  if ((Number(`0x${flags}`) & up) === 0) return [];
  const bytes = (gateway.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16));
  return [{ device, gateway: orNone(bytes.join('.'), '0.0.0.0'), metric: Number(metric) }];
}

/** Linux, net/ipv6/route.c: destination, its length, source, its length, next hop, metric, …, flags, device. */
function readRoute6(line: string): Route[] {
  const fields = line.trim().split(/\s+/);
  const [destination = '', length, , , hop = '', metric, , , flags, device = ''] = fields;
  const bits = Number(`0x${flags}`);
  if (!/^0+$/.test(destination) || length !== '00') return [];
  if ((bits & up) === 0 || (bits & reject) !== 0) return [];
  const gateway = (hop.match(/.{4}/g) ?? []).join(':');
  return [
    {
      device,
      gateway: orNone(gateway, '0000:0000:0000:0000:0000:0000:0000:0000'),
      metric: Number(`0x${metric}`),
    },
  ];
}

function orNone(gateway: string, none: string): string | undefined {
  return gateway === none ? undefined : gateway;
}
