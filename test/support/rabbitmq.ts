import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A RabbitMQ of this test run's own: nothing of it is shared with the machine's, and nothing is left of it. */
export interface RabbitMq extends AsyncDisposable {
  /** With credentials. */
  readonly url: string;
  readonly port: number;
  /** Ends the broker; its disk stays. */
  halt(): Promise<void>;
  /** Starts it again after {@link RabbitMq.halt}, on the same port and the same disk. */
  resume(): Promise<void>;
  /** Both. */
  restart(): Promise<void>;
  /** Runs `rabbitmqctl` on it. */
  control(...args: readonly string[]): Promise<void>;
  /** Ends it, its epmd, and removes its disk. A second call does nothing. */
  stop(): Promise<void>;
}

/** Options of {@link startRabbitMq}. */
export interface RabbitMqOptions {
  /** Lines of `rabbitmq.conf` beside those that make it private. */
  readonly config?: string;
}

/** What makes an instance private. */
interface Setting {
  readonly folder: string;
  readonly port: number;
  readonly epmdPort: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const startTimeout = 60_000;

/** Debian's wrapper at /usr/sbin switches to the user `rabbitmq`; the script itself runs as whoever calls it. */
const program = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const controlProgram = '/usr/lib/rabbitmq/bin/rabbitmqctl';

/** Starts one on free ports; resolves when it accepts connections. */
export async function startRabbitMq(options: RabbitMqOptions = {}): Promise<RabbitMq> {
  const setting = await createSetting(options.config ?? '');
  let broker: ChildProcess | undefined = await launch(setting);
  let isStopped = false;
  const halt = async (): Promise<void> => {
    if (broker !== undefined) await end(broker);
    broker = undefined;
  };
  const resume = async (): Promise<void> => {
    broker ??= await launch(setting);
  };
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await halt();
    await endEpmd(setting);
    await fs.rm(setting.folder, { recursive: true, force: true });
  };
  return {
    url: `amqp://guest:guest@127.0.0.1:${setting.port}/`,
    port: setting.port,
    halt,
    resume,
    restart: async () => {
      await halt();
      await resume();
    },
    control: async (...args) => {
      await promisify(execFile)(controlProgram, args, { env: setting.env });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function createSetting(config: string): Promise<Setting> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-rabbitmq-'));
  const [port = 0, distPort = 0, epmdPort = 0] = await freePorts(3);
  await fs.writeFile(path.join(folder, 'enabled_plugins'), '[].\n');
  const listener = `listeners.tcp.1 = 127.0.0.1:${port}\n`;
  await fs.writeFile(path.join(folder, 'rabbitmq.conf'), listener + config);
  const env = {
    // Nothing of this machine's own settings, and no password of it.
    PATH: process.env['PATH'],
    HOME: folder,
    RABBITMQ_NODENAME: `jetpack-${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: path.join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: path.join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: path.join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: path.join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'enabled_plugins'),
    RABBITMQ_PID_FILE: path.join(folder, 'pid'),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  return { folder, port, epmdPort, env };
}

/** Ports of 127.0.0.1 that nobody uses now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer();
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  for (const server of servers) server.close();
  return ports;
}

async function launch(setting: Setting): Promise<ChildProcess> {
  const child = spawn(program, [], {
    env: setting.env,
    detached: true, // a group of its own, so that the Erlang machine and its helpers end together
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-8192);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('error', (error) => {
    output += error.message;
  });
  const until = Date.now() + startTimeout;
  while (!(await accepts(setting.port))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > until) {
      await end(child);
      throw new Error(`RabbitMQ did not start (is it installed? npm run pretest): ${output}`);
    }
    await delay(100);
  }
  return child;
}

/** Whether a broker answers: it greets whoever sends the protocol's header. */
async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('AMQP\0\0\u0009\u0001'));
    const finish = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', finish(true)).once('error', finish(false)).once('close', finish(false));
    socket.setTimeout(2000, finish(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  signalGroup(child.pid, 'SIGTERM');
  const isGone = await Promise.race([ended.then(() => true), delay(15_000, false, { ref: false })]);
  if (!isGone) {
    signalGroup(child.pid, 'SIGKILL');
    await ended;
  }
  signalGroup(child.pid, 'SIGKILL'); // helpers that did not hear the first one
  // The port mapper is a daemon and still holds these: they would keep this process from ending.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}

/** The port mapper makes itself a daemon: it is found by the port that only this run has given it. */
async function endEpmd({ epmdPort }: Setting): Promise<void> {
  for (const name of await fs.readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const environ = await fs.readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    const command = await fs.readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const isOurs = environ.split('\0').includes(`ERL_EPMD_PORT=${epmdPort}`);
    if (isOurs && command.includes('epmd')) process.kill(Number(name), 'SIGKILL');
  }
}
