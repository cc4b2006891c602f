import { describe, expect, it } from 'vitest';

import type { CliCommand, Io } from '../../src/cli/command.ts';
import { main } from '../../src/cli/main.ts';
import { registry } from '../../src/cli/registry.ts';
import { JetpackError } from '../../src/errors.ts';

/** An outside world that remembers what was written to it. */
function createIo(): Io & { readonly written: { out: string; err: string } } {
  const written = { out: '', err: '' };
  return {
    written,
    out: (text) => {
      written.out += typeof text === 'string' ? text : new TextDecoder().decode(text);
    },
    err: (text) => {
      written.err += text;
    },
    readStdin: async () => new Uint8Array(),
    env: {},
    isTerminal: false,
    signal: new AbortController().signal,
  };
}

/** A command that fails with a given error, under the name `fail`. */
function failing(
  error: unknown,
): ReadonlyMap<string, { summary: string; load: () => Promise<{ command: CliCommand }> }> {
  const command: CliCommand = {
    summary: 'fail',
    usage: ['fail'],
    options: { json: { type: 'boolean', help: 'as JSON' } },
    positionals: [0, 0],
    examples: [],
    run: async () => {
      throw error;
    },
  };
  return new Map([['fail', { summary: 'fail', load: async () => ({ command }) }]]);
}

describe('main', () => {
  it('shows every registered command, with what the command says of itself', async () => {
    const io = createIo();

    const code = await main(['help'], io);

    expect(code).toBe(0);
    for (const [name, registered] of registry) {
      expect(io.written.out).toContain(`${name} `);
      expect((await registered.load()).command.summary).toBe(registered.summary);
    }
  });

  it('calls an error that nobody expected a bug, keeps its stack for --debug, and exits 70', async () => {
    const [plain, debug] = [createIo(), createIo()];
    const commands = failing(new TypeError('x is\nnot a function'));

    const code = await main(['fail'], plain, commands);
    await main(['fail', '--debug'], debug, commands);

    expect(code).toBe(70);
    expect(plain.written).toEqual({
      out: '',
      err: 'jetpack: unexpected error: x is not a function\nthis is a bug in jetpack: run it again with --debug and report what it prints\n',
    });
    expect(debug.written.err).toMatch(/TypeError: x is\nnot a function\n\s+at /);
  });

  it('knows an error by its code, whichever copy of the class it is', async () => {
    class OtherCopy extends Error {
      readonly code = 'ERR_JETPACK_LOCKED';
      readonly hint = 'wait';
    }
    const io = createIo();

    const code = await main(['fail'], io, failing(new OtherCopy('cannot converge: locked')));

    expect(code).toBe(75);
    expect(io.written.err).toBe('jetpack: cannot converge: locked\nwait\n');
  });

  it('shows the causes of an error to one who asks for them', async () => {
    const io = createIo();
    const cause = new Error('ENOSPC');
    const error = new JetpackError('ERR_JETPACK_CANNOT_WRITE', 'cannot write /x: full', { cause });

    const code = await main(['--debug', 'fail', '--json'], io, failing(error));

    expect(code).toBe(73);
    expect(JSON.parse(io.written.err.split('\n')[0] ?? '')).toEqual({
      error: { code: 'ERR_JETPACK_CANNOT_WRITE', exitCode: 73, message: 'cannot write /x: full' },
    });
    expect(io.written.err).toMatch(/caused by: Error: ENOSPC/);
  });
});
