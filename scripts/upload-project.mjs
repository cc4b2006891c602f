// Lays a CycleCloud project (project.ini, specs/, blobs/) out in a locker folder, as an upload to a real locker does.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Copies the project and writes its manifest with a checksum for each file. Returns `{ name, version, specs }`. */
export function uploadProject(project, locker) {
  const { name, version, runLists } = readProjectIni(path.join(project, 'project.ini'));
  const root = path.join(locker, 'projects', name, version);
  fs.cpSync(path.join(project, 'specs'), root, { recursive: true });
  fs.cpSync(path.join(project, 'blobs'), path.join(locker, 'projects', name, 'blobs'), {
    recursive: true,
  });
  const specs = fs.readdirSync(path.join(project, 'specs')).toSorted();
  const manifest = {
    name,
    version,
    type: 'application',
    files: filesBelow(root).map((file) => entry(root, file)),
    blobs: filesBelow(path.join(project, 'blobs')).map((file) =>
      entry(path.join(project, 'blobs'), file),
    ),
    specs: Object.fromEntries(specs.map((spec) => [spec, { run_list: runLists[spec] ?? [] }])),
  };
  fs.writeFileSync(path.join(root, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { name, version, specs };
}

function entry(root, file) {
  const checksum = createHash('md5').update(fs.readFileSync(file)).digest('hex');
  return { path: path.relative(root, file).split(path.sep).join('/'), checksum };
}

function filesBelow(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => path.join(found.parentPath, found.name))
    .toSorted();
}

function readProjectIni(file) {
  const found = { name: '', version: '', runLists: {} };
  let section = '';
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    const header = /^\[(.*)\]$/.exec(line.trim());
    const setting = /^(\w+)\s*=\s*(.*)$/.exec(line.trim());
    if (header) [, section] = header;
    if (setting && section === 'project' && setting[1] in found) [, , found[setting[1]]] = setting;
    if (setting?.[1] === 'run_list' && section.startsWith('spec ')) {
      found.runLists[section.slice('spec '.length)] = setting[2].split(/\s*,\s*/);
    }
  }
  return found;
}
