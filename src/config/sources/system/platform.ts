import type { Collector } from './collector.js';
import type { Machine } from './machine.js';
import { readOsRelease } from './os-release.js';
import { osVersion } from './os.js';
import { lineOf } from './text.js';

/** Ohai named its platforms before os-release(5) did: where the two differ, Ohai's name. */
const names: Readonly<Record<string, string>> = {
  alinux: 'alibabalinux',
  amzn: 'amazon',
  archarm: 'arch',
  'cumulus-linux': 'cumulus',
  ol: 'oracle',
  'opensuse-leap': 'opensuseleap',
  rhel: 'redhat',
  sles: 'suse',
  sles_sap: 'suse',
  xenenterprise: 'xenserver',
};

/** Which names belong to which family, by what they contain; the first family that matches. */
const families: readonly (readonly [family: string, members: RegExp])[] = [
  ['debian', /debian|ubuntu|linuxmint|raspbian|cumulus|kali|pop/],
  [
    'rhel',
    /oracle|centos|redhat|almalinux|rocky|scientific|xcp|xenserver|cloudlinux|parallels|clearos|bigip|alibabalinux|sangoma/,
  ],
  ['amazon', /amazon/],
  ['suse', /suse|sles|sled/],
  ['fedora', /fedora|pidora|arista_eos/],
  ['wrlinux', /nexus|ios_xr/],
  ['gentoo', /gentoo/],
  ['slackware', /slackware/],
  ['arch', /arch|manjaro|antergos/],
  ['exherbo', /exherbo/],
  ['alpine', /alpine/],
  ['clearlinux', /clearlinux/],
  ['windows', /windows/],
];

/** Who made this system: `ubuntu`, `redhat`, `almalinux`, `suse`, `windows` … */
export const platform: Collector = async (machine) => platformOf(machine);

/** Which systems it is like: `debian`, `rhel`, `suse`, `windows` … */
export const platformFamily: Collector = async (machine) => {
  const name = await platformOf(machine);
  if (name === undefined) return undefined;
  return families.find(([, members]) => members.test(name))?.[0];
};

/** Its version, for example `22.04`; of a rolling one the kernel's release. */
export const platformVersion: Collector = async (machine, signal) => {
  if (machine.name === 'windows') return machine.os.release();
  const fields = await readOsRelease(machine);
  if (fields === undefined) return versionIn(await machine.read('/etc/redhat-release'));
  const version = fields.get('VERSION_ID');
  // CentOS keeps only the major version in os-release, testing Debians none.
  if (fields.get('ID') === 'centos')
    return versionIn(await machine.read('/etc/redhat-release')) ?? version;
  if (fields.get('ID') === 'debian' && version === undefined) {
    return lineOf(await machine.read('/etc/debian_version'));
  }
  return version ?? osVersion(machine, signal);
};

async function platformOf(machine: Machine): Promise<string | undefined> {
  if (machine.name === 'windows') return 'windows';
  const fields = await readOsRelease(machine);
  if (fields === undefined) return oldRedHat(await machine.read('/etc/redhat-release'));
  const id = fields.get('ID') ?? 'linux'; // os-release(5): the value when there is none
  return Object.hasOwn(names, id) ? names[id] : id;
}

/** Before os-release there was `CentOS release 6.10 (Final)`. */
function oldRedHat(release: string | undefined): string | undefined {
  if (release === undefined) return undefined;
  return /^red hat/i.test(release) ? 'redhat' : /\w+/.exec(release)?.[0].toLowerCase();
}

function versionIn(release: string | undefined): string | undefined {
  return release === undefined ? undefined : /\d[\d.]*/.exec(release)?.[0];
}
