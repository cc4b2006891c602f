import type os from 'node:os';

import { describe, expect, it } from 'vitest';

import { collect, createMachine, fakeOs } from './given.ts';

const address = (
  cidr: string,
  mac = '02:fc:00:00:00:01',
  internal = false,
): os.NetworkInterfaceInfo => {
  const [text = ''] = cidr.split('/');
  const common = { address: text, netmask: '', mac, internal, cidr };
  return text.includes(':')
    ? { ...common, family: 'IPv6', scopeid: 0 }
    : { ...common, family: 'IPv4' };
};

describe('addresses', () => {
  const interfaces = {
    lo: [
      address('127.0.0.1/8', '00:00:00:00:00:00', true),
      address('::1/128', '00:00:00:00:00:00', true),
    ],
    docker0: [address('172.17.0.1/16', '02:42:00:00:00:00')],
    eth0: [
      address('10.9.9.9/32'),
      address('10.0.0.4/24'),
      address('fe80::1/64'),
      address('fd00::2/64'),
    ],
    ib0: [address('172.16.1.5/16', '0a:0b:0c:0d:0e:0f')],
  };
  const header =
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
  const files = {
    '/proc/net/route': `${header}ib0\t00000000\t010010AC\t0003\t0\t0\t200\t00000000\t0\t0\t0\neth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`,
    '/proc/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000000 00000001 00000000 00200201       lo\n${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n`,
    '/sys/class/net/eth0/flags': '0x1003\n',
  };

  it('takes the one beside the gateway of the default route with the lowest metric', async () => {
    expect(await collect('ipaddress', createMachine(files, { os: fakeOs(interfaces) }))).toBe(
      '10.0.0.4',
    );
    expect(await collect('ip6address', createMachine(files, { os: fakeOs(interfaces) }))).toBe(
      'fd00::2',
    );
    expect(await collect('macaddress', createMachine(files, { os: fakeOs(interfaces) }))).toBe(
      '02:FC:00:00:00:01',
    );
  });

  it('takes the longest prefix where there is no route, and the machine itself last', async () => {
    expect(await collect('ipaddress', createMachine({}, { os: fakeOs(interfaces) }))).toBe(
      '10.9.9.9',
    );
    expect(
      await collect('ip6address', createMachine({}, { os: fakeOs({ lo: interfaces.lo }) })),
    ).toBe('::1');
    expect(
      await collect('macaddress', createMachine({}, { os: fakeOs({ lo: interfaces.lo }) })),
    ).toBeUndefined();
  });

  it('knows no hardware address of an interface that has none of its own', async () => {
    const noArp = { ...files, '/sys/class/net/eth0/flags': '0x1083\n' };

    expect(
      await collect('macaddress', createMachine(noArp, { os: fakeOs(interfaces) })),
    ).toBeUndefined();
  });
});
