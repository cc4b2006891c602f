import type { CliCommand } from './command.js';

/** Where a command is found, and what `jetpack --help` says of it without loading it. */
export interface RegisteredCommand {
  readonly summary: string;
  load(): Promise<{ readonly command: CliCommand }>;
}

/** All commands, in the order in which help shows them. */
export const registry: ReadonlyMap<string, RegisteredCommand> = new Map<string, RegisteredCommand>([
  [
    'config',
    {
      summary: 'look up what this node was told and what it is',
      load: async () => import('./commands/config.js'),
    },
  ],
  [
    'converge',
    {
      summary: 'fetch and run what is assigned to this node',
      load: async () => import('./commands/converge.js'),
    },
  ],
  [
    'download',
    { summary: 'fetch one blob of a project', load: async () => import('./commands/download.js') },
  ],
  [
    'log',
    { summary: 'send a log message to the server', load: async () => import('./commands/log.js') },
  ],
  [
    'send',
    {
      summary: 'send any message under a routing key',
      load: async () => import('./commands/send.js'),
    },
  ],
  [
    'outbox',
    {
      summary: 'look at messages that still wait, and mend them',
      load: async () => import('./commands/outbox.js'),
    },
  ],
  [
    'watch',
    {
      summary: 'show messages as they arrive, until Ctrl-C',
      load: async () => import('./commands/watch.js'),
    },
  ],
  [
    'healthcheck',
    {
      summary: 'run every health check once',
      load: async () => import('./commands/healthcheck.js'),
    },
  ],
  [
    'keepalive',
    {
      summary: 'hold back termination by the health check',
      load: async () => import('./commands/keepalive.js'),
    },
  ],
  [
    'shutdown',
    {
      summary: 'ask the server to end this node',
      load: async () => import('./commands/shutdown.js'),
    },
  ],
  [
    'status',
    { summary: 'show how this node is', load: async () => import('./commands/status.js') },
  ],
]);
