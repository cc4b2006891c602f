import os from 'node:os';

import { describe, expect, it } from 'vitest';

import { systemSource } from '../../src/config/sources/system.ts';
import type { Machine } from '../../src/config/sources/system/machine.ts';
import { localMachine } from '../../src/config/sources/system/machine.ts';
import { detectPlatform } from '../../src/platforms/detect.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { collect, createMachine } from './given.ts';

const answering: Machine['run'] = async ({ file, args }) =>
  [file, ...args].join(' ') === 'hostname --fqdn' ? 'a.b.c\n' : undefined;

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
          collect(key, createMachine(files)),
        ),
      ),
    ).toEqual(expected);
  });

  it('knows an old CentOS by its own file, and Windows without any', async () => {
    const files = { '/etc/redhat-release': 'CentOS release 6.10 (Final)\n' };

    expect(await collect('platform', createMachine(files))).toBe('centos');
    expect(await collect('platform_version', createMachine(files))).toBe('6.10');
    expect(await collect('platform', createMachine({}, { name: 'windows' }))).toBe('windows');
    expect(await collect('platform_family', createMachine({}, { name: 'windows' }))).toBe(
      'windows',
    );
  });
});

describe('os_release', () => {
  it('has all fields, without quotes, in lower case', async () => {
    const text =
      '# comment\n\nNAME="A = B"\nID_LIKE="rhel  fedora"\nODD=\'x\'\nEMPTY=""\nnot a field\n';

    expect(await collect('os_release', createMachine({ '/etc/os-release': text }))).toEqual({
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

    expect(await collect('hostname', createMachine(files))).toBe('ip-0A00');
    expect(await collect('machinename', createMachine(files))).toBe('ip-0A00.cluster.local');
    expect(await collect('fqdn', createMachine(files))).toBe('node.example.org');
    expect(await collect('domain', createMachine(files))).toBe('example.org');
  });

  it('asks the system where /etc/hosts does not know', async () => {
    const asked = createMachine(machine, { run: answering });

    expect(await collect('fqdn', asked)).toBe('a.b.c');
    expect(await collect('domain', asked)).toBe('b.c');
  });

  it('has no canonical name and a null domain where nobody knows', async () => {
    expect(await collect('fqdn', createMachine(machine))).toBeUndefined();
    expect(await collect('domain', createMachine(machine))).toBeNull();
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
    expect(await collect('kernel', createMachine(files))).toEqual({
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
    expect(await collect('os_version', createMachine(files))).toBe('5.15.0');
    expect(await collect('os', createMachine(files))).toBe('linux');
  });
});

describe('memory', () => {
  it('has amounts with their unit, in the parts that Ohai has', async () => {
    const meminfo =
      'MemTotal:       16309860 kB\nSwapFree:  0 kB\nHugePages_Rsvd:     2\nHugepagesize:  2048 kB\nDirectMap4k:  30720 kB\nPercpu: 1 kB\nconstructor: 1 kB\n';

    expect(await collect('memory', createMachine({ '/proc/meminfo': meminfo }))).toEqual({
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

    expect(await collect('uptime', createMachine(files))).toBe(words);
    expect(await collect('uptime_seconds', createMachine(files))).toBe(seconds);
    expect(await collect('idletime', createMachine(files))).toBe(words);
    expect(await collect('idletime_seconds', createMachine(files))).toBe(seconds);
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
    expect(await collect('machine_id', createMachine(files))).toBe('0123abcd');
    expect(await collect('root_group', createMachine(files))).toBe('wheel');
    expect(await collect('lsb', createMachine(files))).toEqual({});
    expect(await collect('lsb', createMachine({ ...files, '/usr/bin/lsb_release': '' }))).toEqual({
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
    await expect(collect(key, createMachine({}))).resolves.not.toThrow();
    await expect(collect(key, createMachine({}, { name: 'windows' }))).resolves.not.toThrow();
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
