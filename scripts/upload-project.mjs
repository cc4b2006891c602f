// Lays a CycleCloud project (project.ini, specs/, blobs/) out in a locker folder, as an upload to a real locker does.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Copies the project and writes its manifest with a checksum for each file.
 *
 * @param {string} project
 * @param {string} locker
 * @returns {{ name: string, version: string, specs: string[] }}
 */
export function uploadProject(project, locker) {
  const ini = readIni(path.join(project, 'project.ini'));
  const { name = 'project', version = '1.0.0' } = ini.get('project') ?? {};
  const root = path.join(locker, 'projects', name, version);
  const blobs = path.join(locker, 'projects', name, 'blobs');
  const specs = fs.readdirSync(path.join(project, 'specs')).toSorted();
  fs.cpSync(path.join(project, 'specs'), root, { recursive: true });
  fs.cpSync(path.join(project, 'blobs'), blobs, { recursive: true });
  const manifest = {
    name,
    version,
    type: 'application',
    files: entriesBelow(root),
    blobs: entriesBelow(blobs),
    specs: Object.fromEntries(
      specs.map((spec) => [spec, { run_list: words(ini.get(`spec ${spec}`)?.['run_list']) }]),
    ),
  };
  fs.writeFileSync(path.join(root, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { name, version, specs };
}

/** @param {string | undefined} list */
function words(list) {
  return list === undefined ? [] : list.split(/\s*,\s*/);
}

/** @param {string} root */
function entriesBelow(root) {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => path.join(found.parentPath, found.name))
    .toSorted()
    .map((file) => ({
      path: path.relative(root, file).split(path.sep).join('/'),
      checksum: createHash('md5').update(fs.readFileSync(file)).digest('hex'),
    }));
}

/**
 * The settings of each section.
 *
 * @param {string} file
 */
function readIni(file) {
  /** @type {Map<string, Record<string, string>>} */
  const sections = new Map();
  /** @type {Record<string, string>} */
  let settings = {};
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    const section = /^\[(.*)\]$/.exec(line.trim())?.[1];
    const [, key, value] = /^(\w+)\s*=\s*(.*)$/.exec(line.trim()) ?? [];
    if (section !== undefined) sections.set(section, (settings = {}));
    if (key !== undefined && value !== undefined) settings[key] = value;
  }
  return sections;
}
