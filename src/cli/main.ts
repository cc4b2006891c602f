import { compatibleVersion, nearest, UsageError, version } from '../index.js';
import type { CliCommand, Io } from './command.js';
import { exitCodeOf } from './exit-code.js';
import { parseCall } from './parse.js';
import { registry } from './registry.js';
import { renderError } from './render/error.js';
import { renderCommandHelp, renderOverview } from './render/help.js';

/** The whole command line: words in, exit code out. All effects go through `io`. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const code = exitCodeOf(error);
    io.err(
      renderError(error, code, { json: argv.includes('--json'), debug: argv.includes('--debug') }),
    );
    return code;
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const words = argv[0] === '--debug' ? argv.slice(1) : argv;
  const [first, ...rest] = words;
  switch (first) {
    case undefined:
      io.err(renderOverview(registry));
      return exitCodeOf(new UsageError('no command'));
    case '--version':
      // Clients split at `-` and then at `.`: the compatible level comes first, alone.
      io.out(`${compatibleVersion}-${version}\n`);
      return 0;
    case '-h':
    case '--help':
    case 'help':
      io.out(rest[0] === undefined ? renderOverview(registry) : await commandHelp(rest[0]));
      return 0;
    default:
      return runCommand(first, rest, io);
  }
}

async function commandHelp(name: string): Promise<string> {
  return renderCommandHelp(name, await loadCommand(name));
}

async function runCommand(name: string, words: readonly string[], io: Io): Promise<number> {
  const command = await loadCommand(name);
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

async function loadCommand(name: string): Promise<CliCommand> {
  const registered = registry.get(name);
  if (registered !== undefined) return (await registered.load()).command;
  const near = nearest(name, [...registry.keys()]);
  throw new UsageError(`unknown command: ${name}`, {
    hint: near === undefined ? 'jetpack --help lists them' : `did you mean jetpack ${near}?`,
  });
}
