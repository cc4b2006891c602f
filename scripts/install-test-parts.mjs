// Installs what the tests need beside Node and npm packages, when it is missing. On Debian as root it does so itself;
// elsewhere it says how.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Programs the tests run, and the Debian package each comes in. */
const parts = [
  {
    program: 'rabbitmq-server',
    debianPackage: 'rabbitmq-server',
    folders: ['/usr/sbin', '/usr/lib/rabbitmq/bin'],
  },
];

/** invoke-rc.d asks this program before it starts a service, and 101 means no (Debian Policy, 9.3.3.1). */
const policyFile = '/usr/sbin/policy-rc.d';

function isInstalled({ program, folders }) {
  const all = [...(process.env['PATH'] ?? '').split(path.delimiter), ...folders];
  return all.some((folder) => folder !== '' && fs.existsSync(path.join(folder, program)));
}

function isDebianRoot() {
  return process.getuid?.() === 0 && fs.existsSync('/etc/debian_version');
}

function run(file, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (status !== 0) {
    throw new Error(`${file} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`);
  }
}

/** Runs the work while no package may start a service; what was there before is there afterwards. */
function withoutServices(work) {
  const saved = `${policyFile}.before-test-parts`;
  const existed = fs.existsSync(policyFile);
  if (existed) fs.renameSync(policyFile, saved);
  fs.writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    fs.rmSync(policyFile, { force: true });
    if (existed) fs.renameSync(saved, policyFile);
  }
}

function install(packages) {
  run('apt-get', ['update']);
  withoutServices(() => {
    run('apt-get', ['install', '-y', '--no-install-recommends', ...packages]);
  });
}

const missing = parts.filter((part) => !isInstalled(part));
const packages = missing.map((part) => part.debianPackage);
if (missing.length > 0) {
  if (!isDebianRoot()) {
    const names = missing.map((part) => part.program).join(', ');
    console.error(
      `the tests need ${names}: install ${packages.join(' ')} (Debian: apt-get install ${packages.join(' ')})`,
    );
    process.exit(1);
  }
  try {
    install(packages);
    const still = missing.filter((part) => !isInstalled(part));
    if (still.length > 0)
      throw new Error(`${still.map((part) => part.program).join(', ')} still missing`);
  } catch (error) {
    console.error(`cannot install what the tests need: ${error.message}`);
    process.exit(1);
  }
}
