import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { build } from 'tsup';

/** A program of test/fixtures, made runnable by plain Node. */
export interface Program extends AsyncDisposable {
  /** Starts it. */
  start(args: readonly string[]): RunningProgram;
}

/** One run of a {@link Program}. */
interface RunningProgram {
  /** Ends it as a power cut would. */
  kill(): void;
  /** Lines printed so far; an unfinished one is left out. */
  readonly lines: readonly string[];
  readonly ended: Promise<number | null>;
}

/** Bundles a TypeScript program with what it imports. */
export async function buildProgram(source: string): Promise<Program> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-program-'));
  await build({
    entry: { program: source },
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    config: false,
    silent: true,
    clean: false,
  });
  return {
    start: (args) => run(path.join(folder, 'program.mjs'), args),
    [Symbol.asyncDispose]: async () => fs.rm(folder, { recursive: true, force: true }),
  };
}

function run(file: string, args: readonly string[]): RunningProgram {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return {
    kill: () => child.kill('SIGKILL'),
    lines,
    ended: new Promise((resolve) => {
      child.once('close', resolve);
    }),
  };
}
