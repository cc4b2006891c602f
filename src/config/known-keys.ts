/**
 * The keys that CycleCloud itself writes, with the types it writes them in, so that the compiler knows them. A file that
 * says otherwise is not mended: what it says comes out.
 *
 * @public
 */
export interface KnownKeys {
  'cyclecloud.cluster.name': string;
  'cyclecloud.cluster.id': string;
  'cyclecloud.node.name': string;
  'cyclecloud.node.id': string;
  'cyclecloud.node.template': string;
  'cyclecloud.instance.id': string;
  'cyclecloud.instance.ipv4': string;
  'cyclecloud.instance.hostname': string;
  'cyclecloud.config.web_server': string;
  'cyclecloud.config.username': string;
  'cyclecloud.config.password': string;
  'cyclecloud.home': string;
  'cyclecloud.bootstrap': string;
  'cyclecloud.jetpack.version': string;
  'jetpack.downloads': string;
  platform: string;
  platform_family: string;
  platform_version: string;
  os: string;
  os_version: string;
  hostname: string;
  machinename: string;
  fqdn: string;
  domain: string | null;
  ipaddress: string;
  ip6address: string;
  macaddress: string;
  machine_id: string;
  root_group: string;
  uptime: string;
  uptime_seconds: number;
  'cpu.total': number;
  'cpu.real': number;
  'cpu.cores': number;
  roles: readonly string[];
  recipes: readonly string[];
}
