/**
 * The keys that CycleCloud itself writes, with the types it writes them in, so that the compiler knows them. A file that
 * says otherwise is not mended: what it says comes out.
 *
 * @public
 */
export interface KnownKeys {
  /** The name that a person gave the cluster on the server. */
  'cyclecloud.cluster.name': string;
  /** The server's own identifier of the cluster. */
  'cyclecloud.cluster.id': string;
  /** The node's name within its cluster, as the cluster page shows it. It need not be the hostname. */
  'cyclecloud.node.name': string;
  /** The server's own identifier of the node; every message to the server carries it. */
  'cyclecloud.node.id': string;
  /** Which node or node array of the cluster template this node was made from. */
  'cyclecloud.node.template': string;
  /** The cloud's identifier of the virtual machine. */
  'cyclecloud.instance.id': string;
  /** The machine's private address, as the server knows it. Compare `ipaddress`. */
  'cyclecloud.instance.ipv4': string;
  /** The machine's name, as the server knows it. Compare `hostname`. */
  'cyclecloud.instance.hostname': string;
  /** The server's url, for example `https://10.0.0.4:9443`. */
  'cyclecloud.config.web_server': string;
  /** The user as whom this node calls the server. */
  'cyclecloud.config.username': string;
  /** A secret: the password of `cyclecloud.config.username`. */
  'cyclecloud.config.password': string;
  /** Derived: the root of the home, for example `/opt/cycle/jetpack`. */
  'cyclecloud.home': string;
  /** Derived: the folder `system/bootstrap` of the home. */
  'cyclecloud.bootstrap': string;
  /** Derived: the version of this package. */
  'cyclecloud.jetpack.version': string;
  /** Derived: the folder `system/chef/cache/jetpack/downloads` of the home. */
  'jetpack.downloads': string;
  /** Which distribution, in Ohai's names: `ubuntu`, `redhat`, `almalinux`, `suse`; `windows` on Windows. */
  platform: string;
  /** Which distributions it is like: `debian`, `rhel`, `suse`, `windows`. */
  platform_family: string;
  /** `VERSION_ID` of `/etc/os-release`, for example `22.04`; a rolling distribution gives its kernel's release. */
  platform_version: string;
  /** `linux` or `windows`. */
  os: string;
  /** The kernel's release, as `uname -r` prints it. */
  os_version: string;
  /** The machine's name up to its first dot. */
  hostname: string;
  /** The machine's whole name, as `hostname` prints it. */
  machinename: string;
  /** The canonical name that the machine's name resolves to, as `hostname --fqdn` prints it. */
  fqdn: string;
  /** What follows the first dot of `fqdn`; `null` when it has no dot. */
  domain: string | null;
  /** The IPv4 address on the interface of the default route. */
  ipaddress: string;
  /** The same for IPv6; absent on a machine without it. */
  ip6address: string;
  /** Hardware address, in capitals, of the interface that `ipaddress` is on. */
  macaddress: string;
  /** Of `/etc/machine-id`: 32 hexadecimal digits, the same for the life of an installation. */
  machine_id: string;
  /** The name of root's group in `/etc/group`, on Linux `root`. */
  root_group: string;
  /** Since boot, in words: `1 day 02 hours 03 minutes 04 seconds`. */
  uptime: string;
  /** Whole seconds since boot. */
  uptime_seconds: number;
  /** Hardware threads, of all sockets together. */
  'cpu.total': number;
  /** Sockets. */
  'cpu.real': number;
  /** Cores, of all sockets together; with hyper-threading fewer than `cpu.total`. */
  'cpu.cores': number;
  /** Derived: roles in the run lists of the node and of its specs, each once, in their order. */
  roles: readonly string[];
  /** Derived: recipes named there, each once, in their order, without a version. */
  recipes: readonly string[];
}
