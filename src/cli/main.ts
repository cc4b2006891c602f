import { compatibleVersion, nearest, UsageError, version } from '../index.js';
import type { CliCommand, Io } from './command.js';
import { exitCodeOf } from './exit-code.js';
import { parseCall } from './parse.js';
import { registry } from './registry.js';
import type { RegisteredCommand } from './registry.js';
import { renderError } from './render/error.js';
import { renderCommandHelp, renderOverview } from './render/help.js';

type Commands = ReadonlyMap<string, RegisteredCommand>;

/** The whole command line: words in, exit code out. All effects go through `io`. */
export async function main(
  argv: readonly string[],
  io: Io,
  commands: Commands = registry,
): Promise<number> {
  try {
    return await dispatch(argv, io, commands);
  } catch (error) {
    const code = exitCodeOf(error);
    io.err(
      renderError(error, code, { json: argv.includes('--json'), debug: argv.includes('--debug') }),
    );
    return code;
  }
}

async function dispatch(argv: readonly string[], io: Io, commands: Commands): Promise<number> {
  const words = argv[0] === '--debug' ? argv.slice(1) : argv;
  const [first, ...rest] = words;
  switch (first) {
    case undefined:
      io.err(renderOverview(commands));
      return exitCodeOf(new UsageError('no command'));
    case '--version':
      // Clients split at `-` and then at `.`: the compatible level comes first, alone.
      io.out(`${compatibleVersion}-${version}\n`);
      return 0;
    case '-h':
    case '--help':
    case 'help':
      io.out(
        rest[0] === undefined ? renderOverview(commands) : await commandHelp(rest[0], commands),
      );
      return 0;
    default:
      return run({ name: first, words: rest, command: await load(first, commands) }, io);
  }
}

async function commandHelp(name: string, commands: Commands): Promise<string> {
  return renderCommandHelp(name, await load(name, commands));
}

/** A command that was asked for, with its words. */
interface Asked {
  readonly name: string;
  readonly words: readonly string[];
  readonly command: CliCommand;
}

async function run({ name, words, command }: Asked, io: Io): Promise<number> {
  const { options, positionals } = parseCall(name, command, words);
  if (options['help'] === true) {
    io.out(renderCommandHelp(name, command));
    return 0;
  }
  return command.run({
    options,
    positionals,
    io,
    get progress() {
      return options['no-progress'] !== true && io.isTerminal;
    },
  });
}

async function load(name: string, commands: Commands): Promise<CliCommand> {
  const registered = commands.get(name);
  if (registered !== undefined) return (await registered.load()).command;
  const near = nearest(name, [...commands.keys()]);
  throw new UsageError(`unknown command: ${name}`, {
    hint: near === undefined ? 'jetpack --help lists them' : `did you mean jetpack ${near}?`,
  });
}
