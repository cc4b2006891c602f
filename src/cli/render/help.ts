import type { CliCommand, OptionSpec } from '../command.js';
import { commonOptions } from '../parse.js';
import type { RegisteredCommand } from '../registry.js';

/** What `jetpack --help` shows. */
export function renderOverview(commands: ReadonlyMap<string, RegisteredCommand>): string {
  return [
    'jetpack: the agent of this cluster node',
    '',
    'usage: jetpack COMMAND [OPTIONS]',
    '',
    ...columns([...commands].map(([name, { summary }]) => [name, summary])),
    '',
    'jetpack COMMAND --help tells more; jetpack --version prints the version.',
    '',
  ].join('\n');
}

/** What `jetpack COMMAND --help` shows. */
export function renderCommandHelp(name: string, command: CliCommand): string {
  const options = Object.entries<OptionSpec>({ ...command.options, ...commonOptions });
  return [
    `jetpack ${name}: ${command.summary}`,
    '',
    ...command.usage.map((form, index) => `${index === 0 ? 'usage:' : '      '} jetpack ${form}`),
    '',
    ...columns(options.map(([key, spec]) => [optionTitle(key, spec), spec.help])),
    '',
    'examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function optionTitle(key: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  return `${short}--${key}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
