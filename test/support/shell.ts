import { spawn } from 'node:child_process';
import path from 'node:path';

import { createTemporaryHome } from '@cycle/jetpack/testing';
import type { TemporaryHome } from '@cycle/jetpack/testing';
import { inject } from 'vitest';

/** What a shell line printed and how it ended. */
interface ShellResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A temporary home, and a bash in which the installed `jetpack` is on PATH. */
export interface Node extends TemporaryHome {
  readonly env: Record<string, string>;
  bash(line: string, env?: Record<string, string>): Promise<ShellResult>;
}

/** A node with a home of its own, driven as scripts drive it: by bash, through the installed package. */
export async function createNode(): Promise<Node> {
  const temporary = await createTemporaryHome();
  const env = {
    HOME: temporary.home.root,
    LANG: 'C.UTF-8',
    JETPACK_HOME: temporary.home.root,
    PATH: `${path.join(inject('installed'), 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
  };
  return {
    ...temporary,
    env,
    bash: async (line, more = {}) => runBash(line, { ...env, ...more }, temporary.home.root),
  };
}

async function runBash(
  line: string,
  env: Record<string, string>,
  cwd: string,
): Promise<ShellResult> {
  const child = spawn('bash', ['-c', line], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      resolve(exitCode ?? (signal === null ? -1 : 128));
    });
  });
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}
