// The product in one minute: a fresh node is configured, asked, heard and watched, with nothing else installed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { uploadProject } from './upload-project.mjs';

const repository = path.resolve(import.meta.dirname, '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jetpack-demo-'));
const home = path.join(folder, 'home');
const locker = path.join(folder, 'locker');
const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const env = {
  ...process.env,
  JETPACK_HOME: home,
  PATH: `${path.join(home, 'bin')}${path.delimiter}${process.env.PATH}`,
};

try {
  tell();
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

function tell() {
  title('A fresh node: it knows its cluster, a locker, and which specs it was assigned');
  prepare();
  show('jetpack config cyclecloud');

  title('It converges: fetches what is assigned, runs the scripts in order, tells the server');
  show('jetpack converge --plan');
  show('jetpack converge');

  title('A second converge finds nothing to do; without its marker a script runs again');
  show('jetpack converge');
  show(
    'rm "$JETPACK_HOME/cluster-init/.run/demo/solver/scripts/20-tune.py.run" && jetpack converge',
  );

  title('Scripts ask it what the node was told and what it is');
  show('jetpack config cyclecloud.cluster.name');
  show('jetpack config demo.luns');
  show('jetpack config demo.exclusive');
  show('jetpack config platform');
  show('jetpack config cpu.total');
  show('jetpack config demo.queue default-queue');
  show('jetpack config demo.scrach', 1);

  title('What they say to the server is kept until it has arrived');
  show('jetpack log "the solver is ready"');
  show('jetpack send demo.inventory \'{"solver": "1.0.0"}\' --content-type application/json');

  title('It watches its health; a keepalive holds termination back');
  addFailingCheck();
  show('jetpack keepalive 30m --reason "looking at the scratch disk"');
  show('jetpack healthcheck', 1);
  show('jetpack keepalive --cancel');
  show('jetpack healthcheck', 1);

  title('All of it on one screen');
  show('jetpack status');

  title('What the server would see (no broker is configured: logs/messages.jsonl)');
  showMessages();
}

function prepare() {
  const project = uploadProject(path.join(repository, 'examples', 'demo-project'), locker);
  write('config/node.json', {
    cyclecloud: {
      cluster: { name: 'demo' },
      node: { name: 'solver-1', id: 'a1b2c3' },
      chef: { required: false },
      cluster_init_specs: project.specs.map((spec) => ({
        project: project.name,
        version: project.version,
        spec,
      })),
    },
    demo: { scratch: path.join(folder, 'scratch'), luns: [0, 1, 2], exclusive: true },
  });
  write('config/connection.json', { cluster: 'demo', locker: { url: `file://${locker}` } });
  const command = path.join(home, 'bin', 'jetpack');
  fs.mkdirSync(path.dirname(command), { recursive: true });
  fs.symlinkSync(path.join(repository, 'dist', 'cli', 'bin.cjs'), command);
  fs.chmodSync(command, 0o755);
}

function addFailingCheck() {
  const check = write(
    'config/healthcheck.d/scratch.sh',
    '#!/bin/sh\necho "scratch answers with an input/output error"\nexit 254\n',
  );
  fs.chmodSync(check, 0o750);
}

function write(relative, content) {
  const file = path.join(home, relative);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
  fs.writeFileSync(file, text, { mode: 0o640 });
  return file;
}

function title(text) {
  console.log(`\n${colour ? `\u001B[1m${text}\u001B[0m` : text}`);
}

/** Runs a line as a shell would and shows what a person would see. The demo fails when it does not end as expected. */
function show(line, expected = 0) {
  console.log(`\n$ ${line}`);
  const { status } = spawnSync('bash', ['-c', `exec 2>&1; ${line}`], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === expected) return;
  throw new Error(`the demo broke: "${line}" ended with ${status} instead of ${expected}`);
}

function showMessages() {
  const lines = fs
    .readFileSync(path.join(home, 'logs', 'messages.jsonl'), 'utf8')
    .trim()
    .split('\n');
  for (const line of lines) {
    const { routingKey, body } = JSON.parse(line);
    console.log(`  ${routingKey.padEnd(18)} ${summary(body)}`);
  }
}

function summary(body) {
  const text = body.message ?? body.reason ?? body.until ?? body.state ?? JSON.stringify(body);
  return [body.step, body.check, body.verdict, text].filter(Boolean).join(': ');
}
