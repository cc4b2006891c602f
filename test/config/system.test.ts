import os from 'node:os';

import { describe, expect, it } from 'vitest';

import { systemSource } from '../../src/config/sources/system.ts';
import type { Machine } from '../../src/config/sources/system/machine.ts';
import { localMachine } from '../../src/config/sources/system/machine.ts';
import type { ConfigValue } from '../../src/config/values.ts';
import { toPlain } from '../../src/config/values.ts';
import { detectPlatform } from '../../src/platforms/detect.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly interfaces?: ReturnType<typeof os.networkInterfaces>;
  readonly output?: string;
  readonly name?: Machine['name'];
}

async function collect(key: string, given: Given): Promise<ConfigValue | undefined> {
  const { files = {}, interfaces = {}, output, name = 'linux' } = given;
  const machine: Machine = {
    name,
    read: async (file) => files[file],
    list: async (folder) => [
      ...new Set(
        Object.keys(files)
          .filter((file) => file.startsWith(`${folder}/`))
          .map((file) => file.slice(folder.length + 1).split('/')[0] ?? ''),
      ),
    ],
    run: async ({ file, args }) =>
      [file, ...args].join(' ') === 'hostname --fqdn' ? output : undefined,
    os: {
      ...os,
      machine: () => 'x86_64',
      networkInterfaces: () => interfaces,
      hostname: () => 'WIN7',
    },
  };
  const source = systemSource({ machine, clock: new ManualClock(), deadline: 2000 });
  const value = await source.collect(key);
  return value === undefined ? undefined : toPlain(value);
}

describe('platform', () => {
  it.each([
    [
      'Ubuntu 22.04',
      'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"',
      ['ubuntu', 'debian', '22.04'],
    ],
    ['Debian 12', 'ID=debian\nVERSION_ID="12"', ['debian', 'debian', '12']],
    [
      'Alma 8',
      'ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.8"',
      ['almalinux', 'rhel', '8.8'],
    ],
    ['Rocky 9', 'ID="rocky"\nVERSION_ID="9.2"', ['rocky', 'rhel', '9.2']],
    ['Red Hat 8', 'ID="rhel"\nVERSION_ID="8.6"', ['redhat', 'rhel', '8.6']],
    ['Oracle 8', 'ID="ol"\nVERSION_ID="8.7"', ['oracle', 'rhel', '8.7']],
    ['SLES 15', 'ID="sles"\nVERSION_ID="15.4"', ['suse', 'suse', '15.4']],
    ['Amazon 2', 'ID="amzn"\nVERSION_ID="2"', ['amazon', 'amazon', '2']],
    ['CentOS 7', 'ID="centos"\nVERSION_ID="7"', ['centos', 'rhel', '7.9.2009']],
    ['Debian testing', 'ID=debian', ['debian', 'debian', 'trixie/sid']],
    ['Arch', 'ID=arch', ['arch', 'arch', '6.1.0-x']],
    ['one that nobody knows', 'ID=mine\nVERSION_ID=1', ['mine', undefined, '1']],
  ])('calls %s as Ohai does', async (_title, release, expected) => {
    const files = {
      '/etc/os-release': release,
      '/etc/redhat-release': 'CentOS Linux release 7.9.2009 (Core)\n',
      '/etc/debian_version': 'trixie/sid\n',
      '/proc/sys/kernel/osrelease': '6.1.0-x\n',
    };

    expect(
      await Promise.all(
        ['platform', 'platform_family', 'platform_version'].map(async (key) =>
          collect(key, { files }),
        ),
      ),
    ).toEqual(expected);
  });

  it('knows an old CentOS by its own file, and Windows without any', async () => {
    const files = { '/etc/redhat-release': 'CentOS release 6.10 (Final)\n' };

    expect(await collect('platform', { files })).toBe('centos');
    expect(await collect('platform_version', { files })).toBe('6.10');
    expect(await collect('platform', { name: 'windows' })).toBe('windows');
    expect(await collect('platform_family', { name: 'windows' })).toBe('windows');
  });
});

describe('os_release', () => {
  it('has all fields, without quotes, in lower case', async () => {
    const text =
      '# comment\n\nNAME="A = B"\nID_LIKE="rhel  fedora"\nODD=\'x\'\nEMPTY=""\nnot a field\n';

    expect(await collect('os_release', { files: { '/etc/os-release': text } })).toEqual({
      name: 'A = B',
      id_like: ['rhel', 'fedora'],
      odd: 'x',
      empty: '',
    });
  });
});

describe('hostname', () => {
  const machine = { '/proc/sys/kernel/hostname': 'ip-0A00.cluster.local\n' };

  it('takes the canonical name from /etc/hosts', async () => {
    const files = {
      ...machine,
      '/etc/hosts':
        '127.0.0.1 localhost\n# 1.1.1.1 no IP-0A00.cluster.local\n10.0.0.4\tnode.example.org IP-0A00.CLUSTER.LOCAL # us\n',
    };

    expect(await collect('hostname', { files })).toBe('ip-0A00');
    expect(await collect('machinename', { files })).toBe('ip-0A00.cluster.local');
    expect(await collect('fqdn', { files })).toBe('node.example.org');
    expect(await collect('domain', { files })).toBe('example.org');
  });

  it('asks the system where /etc/hosts does not know', async () => {
    expect(await collect('fqdn', { files: machine, output: 'a.b.c\n' })).toBe('a.b.c');
    expect(await collect('domain', { files: machine, output: 'a.b.c\n' })).toBe('b.c');
  });

  it('has no canonical name and a null domain where nobody knows', async () => {
    expect(await collect('fqdn', { files: machine })).toBeUndefined();
    expect(await collect('domain', { files: machine })).toBeNull();
  });
});

describe('cpu', () => {
  it('has the processors of x86 and counts threads, cores and sockets', async () => {
    const one = (id: number, socket: number): string =>
      `processor\t: ${id}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Xeon: 8168\nstepping\t: 4\ncpu MHz\t\t: 2693.672\ncache size\t: 33792 KB\nphysical id\t: ${socket}\ncore id\t\t: 0\ncpu cores\t: 1\nflags\t\t: fpu vme\n\n`;
    const files = { '/proc/cpuinfo': [one(0, 0), one(1, 0), one(2, 1), one(3, 1)].join('') };

    expect(await collect('cpu', { files })).toMatchObject({
      '0': {
        vendor_id: 'GenuineIntel',
        family: '6',
        model: '85',
        model_name: 'Xeon: 8168',
        stepping: '4',
        mhz: '2693.672',
        cache_size: '33792 KB',
        physical_id: '0',
        core_id: '0',
        cores: '1',
        flags: ['fpu', 'vme'],
      },
      total: 4,
      real: 2,
      cores: 2,
    });
  });

  it('counts by /sys where cpuinfo does not tell, as on ARM', async () => {
    const topology = (cpu: number, socket: number, core: number): Record<string, string> => ({
      [`/sys/devices/system/cpu/cpu${cpu}/topology/physical_package_id`]: `${socket}\n`,
      [`/sys/devices/system/cpu/cpu${cpu}/topology/core_id`]: `${core}\n`,
    });
    const files = {
      '/proc/cpuinfo':
        'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n\nprocessor\t: 1\n',
      '/sys/devices/system/cpu/cpufreq/x': '',
      ...topology(0, 0, 0),
      ...topology(1, 0, 1),
    };

    expect(await collect('cpu', { files })).toEqual({
      '0': { bogomips: '50.00', features: ['fp', 'asimd'] },
      '1': {},
      total: 2,
      real: 1,
      cores: 2,
    });
  });
});

describe('kernel', () => {
  const files = {
    '/proc/sys/kernel/ostype': 'Linux\n',
    '/proc/sys/kernel/osrelease': '5.15.0\n',
    '/proc/sys/kernel/version': '#1 SMP\n',
    '/proc/modules':
      'nvidia 35270656 3 nvidia_modeset, Live 0x0 (POE)\nxt_nat 16384 0 - Live 0x0\n',
    '/sys/module/nvidia/version': '535.54.03\n',
  };

  it('is what uname says, and the loaded modules', async () => {
    expect(await collect('kernel', { files })).toEqual({
      name: 'Linux',
      release: '5.15.0',
      version: '#1 SMP',
      machine: 'x86_64',
      processor: 'x86_64',
      os: 'GNU/Linux',
      modules: {
        nvidia: { size: '35270656', refcount: '3', version: '535.54.03' },
        xt_nat: { size: '16384', refcount: '0' },
      },
    });
    expect(await collect('os_version', { files })).toBe('5.15.0');
    expect(await collect('os', { files })).toBe('linux');
  });
});

describe('memory', () => {
  it('has amounts with their unit, in the parts that Ohai has', async () => {
    const meminfo =
      'MemTotal:       16309860 kB\nSwapFree:  0 kB\nHugePages_Rsvd:     2\nHugepagesize:  2048 kB\nDirectMap4k:  30720 kB\nPercpu: 1 kB\nconstructor: 1 kB\n';

    expect(await collect('memory', { files: { '/proc/meminfo': meminfo } })).toEqual({
      total: '16309860kB',
      hugepage_size: '2048kB',
      swap: { free: '0kB' },
      hugepages: { reserved: '2' },
      directmap: { '4k': '30720kB' },
    });
  });
});

describe('uptime', () => {
  it.each([
    ['5.99', '05 seconds', 5],
    ['65.00', '1 minutes 05 seconds', 65],
    ['3600.5', '1 hours 00 minutes 00 seconds', 3600],
    ['86400.0', '1 day 00 hours 00 minutes 00 seconds', 86_400],
    ['200000.0', '2 days 07 hours 33 minutes 20 seconds', 200_000],
  ])('says %s s in words', async (text, words, seconds) => {
    const files = { '/proc/uptime': `${text} ${text}\n` };

    expect(await collect('uptime', { files })).toBe(words);
    expect(await collect('uptime_seconds', { files })).toBe(seconds);
    expect(await collect('idletime', { files })).toBe(words);
    expect(await collect('idletime_seconds', { files })).toBe(seconds);
  });
});

describe('small ones', () => {
  const files = {
    '/etc/machine-id': '0123abcd\n',
    '/etc/passwd': 'daemon:x:1:1::/:\nroot:x:0:0:root:/root:/bin/bash\n',
    '/etc/group': 'wheel:x:0:\nroot:x:10:\n',
    '/etc/lsb-release':
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION="Ubuntu 22.04.3 LTS"\n',
  };

  it('are read from their files', async () => {
    expect(await collect('machine_id', { files })).toBe('0123abcd');
    expect(await collect('root_group', { files })).toBe('wheel');
    expect(await collect('lsb', { files })).toEqual({});
    expect(await collect('lsb', { files: { ...files, '/usr/bin/lsb_release': '' } })).toEqual({
      id: 'Ubuntu',
      description: 'Ubuntu 22.04.3 LTS',
      release: '22.04',
      codename: 'jammy',
    });
  });

  it.each([
    'cpu',
    'kernel',
    'memory',
    'os_release',
    'platform',
    'platform_family',
    'platform_version',
    'hostname',
    'fqdn',
    'ipaddress',
    'ip6address',
    'macaddress',
    'machine_id',
    'root_group',
    'lsb',
    'uptime',
    'idletime',
    'unknown',
  ])('%s does not fail on a machine that has no files', async (key) => {
    await expect(collect(key, {})).resolves.not.toThrow();
    await expect(collect(key, { name: 'windows' })).resolves.not.toThrow();
  });
});

describe('addresses', () => {
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
    '/proc/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo\n${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n`,
    '/sys/class/net/eth0/flags': '0x1003\n',
  };

  it('takes the one beside the gateway of the default route with the lowest metric', async () => {
    expect(await collect('ipaddress', { files, interfaces })).toBe('10.0.0.4');
    expect(await collect('ip6address', { files, interfaces })).toBe('fd00::2');
    expect(await collect('macaddress', { files, interfaces })).toBe('02:FC:00:00:00:01');
  });

  it('takes the longest prefix where there is no route, and the machine itself last', async () => {
    expect(await collect('ipaddress', { interfaces })).toBe('10.9.9.9');
    expect(await collect('ip6address', { interfaces: { lo: interfaces.lo } })).toBe('::1');
    expect(await collect('macaddress', { interfaces: { lo: interfaces.lo } })).toBeUndefined();
  });

  it('knows no hardware address of an interface that has none of its own', async () => {
    const noArp = { ...files, '/sys/class/net/eth0/flags': '0x1083\n' };

    expect(await collect('macaddress', { files: noArp, interfaces })).toBeUndefined();
  });
});

describe.runIf(process.platform === 'linux')('this machine', () => {
  it('answers for every key that it declares', async () => {
    const machine = localMachine({ root: '/', platform: detectPlatform() });
    const source = systemSource({ machine, clock: new ManualClock(), deadline: 2000 });

    const answers = await Promise.all(
      source.keys.map(async (key) => [key, await source.collect(key)] as const),
    );

    const known = Object.fromEntries(answers);
    expect(known).toMatchObject({
      os: 'linux',
      machinename: os.hostname(),
      os_version: os.release(),
    });
    expect(known['platform']).toEqual(expect.any(String));
  });

  it('has no output of a program that is not there or fails', async () => {
    const machine = localMachine({ root: '/', platform: detectPlatform() });
    const { signal } = new AbortController();

    expect(
      await machine.run({ file: 'no-such-program-anywhere', args: [] }, signal),
    ).toBeUndefined();
    expect(await machine.run({ file: 'false', args: [] }, signal)).toBeUndefined();
    expect(await machine.run({ file: 'echo', args: ['x'] }, signal)).toBe('x\n');
  });
});
