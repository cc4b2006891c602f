// `npm run bench`: what the agent costs, as ratios measured in one run. Needs RabbitMQ (npm run pretest installs it);
// ohai is compared with when it is there.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { uploadProject } from '../scripts/upload-project.mjs';
import { startRabbitMq } from '../test/support/rabbitmq.ts';
import { compare } from './measure.ts';
import type { Line } from './measure.ts';
import { compareThroughput } from './throughput.ts';

const jetpack = path.resolve('dist/cli/bin.cjs');
const startNode: Line = ['node', '-e', '0'];

/** One line of the table. */
interface Row {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly met: boolean;
}

const rows: Row[] = [];
const root = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-bench-'));
const env = { ...process.env, JETPACK_HOME: root, PATH: `${root}/bin:${process.env['PATH']}` };

try {
  await prepareHome();
  compareStart('config cyclecloud.cluster.name', 1.15);
  compareStart('config platform_family', 1.2);
  compareOhai();
  compareStart('log hello --wait 0', 1.3);
  await fs.rm(path.join(root, 'run'), { recursive: true });
  await compareBroker();
  compareIdleConverge();
} finally {
  await fs.rm(root, { recursive: true, force: true });
}
print();

/** A converged node with a realistic amount of attributes. */
async function prepareHome(): Promise<void> {
  const locker = path.join(root, 'locker');
  const { name, version, specs } = uploadProject('examples/demo-project', locker);
  const connection = { locker: { url: `file://${locker}` } };
  const mounts = Array.from({ length: 100 }, (_, index) => [`mount${index}`, { luns: [index] }]);
  const node = {
    cyclecloud: {
      cluster: { name: 'bench' },
      node: { name: 'node-1', id: 'a1' },
      mounts: Object.fromEntries(mounts),
      chef: { required: false },
      cluster_init_specs: specs.map((spec) => ({ project: name, version, spec })),
    },
    demo: { scratch: path.join(root, 'scratch') },
  };
  await fs.mkdir(path.join(root, 'bin'), { recursive: true });
  await fs.symlink(jetpack, path.join(root, 'bin', 'jetpack'));
  await fs.mkdir(path.join(root, 'config'));
  await fs.writeFile(path.join(root, 'config/node.json'), JSON.stringify(node), { mode: 0o640 });
  await fs.writeFile(path.join(root, 'config/connection.json'), JSON.stringify(connection), {
    mode: 0o640,
  });
}

function words(line: string): Line {
  return [jetpack, ...line.split(' ')];
}

function compareStart(line: string, limit: number, more: NodeJS.ProcessEnv = {}): void {
  const { ratio, a, b } = compare(words(line), startNode, { env: { ...env, ...more } });
  rows.push({
    what: `jetpack ${line}${more['JETPACK_BROKER_URL'] === undefined ? '' : ', delivered to RabbitMQ'}`,
    measured: `${ratio.toFixed(2)} × node -e 0 (${a.toFixed(0)} : ${b.toFixed(0)} ms)`,
    limit: `${limit} ×`,
    met: ratio <= limit,
  });
}

function compareOhai(): void {
  if (spawnSync('ohai', ['--version']).status !== 0) return;
  const { ratio, a, b } = compare(words('config --json'), ['ohai'], { env, runs: 5 });
  rows.push({
    what: 'jetpack config --json, everything',
    measured: `1/${(1 / ratio).toFixed(1)} of ohai (${a.toFixed(0)} : ${b.toFixed(0)} ms)`,
    limit: '1/10',
    met: ratio <= 0.1,
  });
}

async function compareBroker(): Promise<void> {
  await using broker = await startRabbitMq();
  const { ours, bare, ratio } = await compareThroughput(broker.url);
  rows.push({
    what: 'durable, confirmed sends/s, 200 bytes, 100 in flight',
    measured: `${ratio.toFixed(2)} × bare amqplib (${ours.toFixed(0)} : ${bare.toFixed(0)} /s)`,
    limit: '≥ 0.9 ×',
    met: ratio >= 0.9,
  });
  // The comparison left a queue that takes these.
  compareStart('send bench.message hello --require-delivery', 2, {
    JETPACK_BROKER_URL: broker.url,
  });
}

function compareIdleConverge(): void {
  spawnSync(jetpack, ['converge'], { env, stdio: 'ignore' });
  const { a, b } = compare(words('converge'), startNode, { env, runs: 15 });
  rows.push({
    what: 'jetpack converge with nothing to do',
    measured: `${(a - b).toFixed(0)} ms over node -e 0 (${a.toFixed(0)} : ${b.toFixed(0)} ms)`,
    limit: '150 ms',
    met: a - b <= 150,
  });
}

function print(): void {
  console.log('\n| what | measured | limit | met |\n|---|---|---|---|');
  for (const { what, measured, limit, met } of rows) {
    console.log(`| ${what} | ${measured} | ${limit} | ${met ? 'yes' : 'NO'} |`);
  }
}
