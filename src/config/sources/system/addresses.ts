import type { Collector } from './collector.js';
import type { Machine } from './machine.js';
import type { Route } from './routes.js';
import { defaultRoute } from './routes.js';

/** An address of an interface, comparable. */
interface Address {
  readonly text: string;
  readonly device: string;
  readonly mac: string;
  readonly prefix: number;
  readonly bits: bigint;
  readonly scope: number;
}

type Family = 'IPv4' | 'IPv6';

/** The address that traffic to the outside leaves from. */
export const ipaddress: Collector = async (machine) => (await choose(machine, 'IPv4'))?.text;

/** The same for IPv6. */
export const ip6address: Collector = async (machine) => (await choose(machine, 'IPv6'))?.text;

/** Hardware address, in capitals, of the interface that {@link ipaddress} is on. */
export const macaddress: Collector = async (machine) => {
  const chosen = (await choose(machine, 'IPv4')) ?? (await choose(machine, 'IPv6'));
  if (chosen === undefined || chosen.mac === '00:00:00:00:00:00') return undefined;
  const flags = Number(await machine.read(`/sys/class/net/${chosen.device}/flags`));
  const noArp = 0x80; // <linux/if.h>: an interface without hardware addresses of its own
  return (flags & noArp) === 0 ? chosen.mac.toUpperCase() : undefined;
};

/**
 * On the interface of the default route: the address in whose network the gateway is, else the first. With no default
 * route: the first of all. First is the widest scope, then the longest prefix, then the lowest address.
 */
async function choose(machine: Machine, family: Family): Promise<Address | undefined> {
  const all = addressesOf(machine, family);
  const route = await defaultRoute(machine, family);
  const there = all.filter(({ device }) => device === route?.device);
  return there.find((address) => isNeighbour(address, route)) ?? there[0] ?? all[0];
}

function addressesOf(machine: Machine, family: Family): Address[] {
  const found: Address[] = [];
  for (const [device, addresses = []] of Object.entries(machine.os.networkInterfaces())) {
    for (const { address, cidr, mac, internal, family: itsFamily } of addresses) {
      if (itsFamily !== family) continue;
      const prefix = Number(cidr?.split('/')[1] ?? 0);
      const scope = scopeOf(address, internal);
      found.push({ text: address, device, mac, prefix, scope, bits: bitsOf(address) });
    }
  }
  return found.toSorted(
    (a, b) => a.scope - b.scope || b.prefix - a.prefix || (a.bits < b.bits ? -1 : 1),
  );
}

/** Global, link, host. The kernel calls an IPv4 link-local address global unless told otherwise. */
function scopeOf(address: string, internal: boolean): number {
  if (internal) return 2;
  return /^fe[89ab]/i.test(address) ? 1 : 0;
}

function isNeighbour(address: Address, route: Route | undefined): boolean {
  if (route?.gateway === undefined) return false;
  const width = address.text.includes(':') ? 128 : 32;
  const shift = BigInt(width - address.prefix);
  return bitsOf(route.gateway) >> shift === address.bits >> shift;
}

function bitsOf(address: string): bigint {
  if (!address.includes(':')) {
    return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  }
  const [front = '', back] = address.split('::');
  const head = front === '' ? [] : front.split(':');
  const tail = back === undefined || back === '' ? [] : back.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
