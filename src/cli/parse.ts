import { parseArgs } from 'node:util';

import { nearest, UsageError } from '../index.js';
import type { Call, CliCommand, OptionSpec } from './command.js';

/** What every command understands. */
export const commonOptions = {
  help: { type: 'boolean', short: 'h', help: 'show this' },
  debug: { type: 'boolean', help: 'show the stack of an error' },
  'no-progress': { type: 'boolean', help: 'no progress on the terminal' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

type Values = Record<string, string | boolean | string[] | undefined>;

/** Marks a word as no option; cannot come from a shell, whose words hold no NUL. */
const shield = '\0';

/**
 * Options and positionals of one command, in any order. A word that begins with `-` is a positional when it is a
 * negative number, or holds a blank before any `=` (a sentence, as Python's argparse sees it), or stands after `--`.
 *
 * @throws UsageError what is wrong and, where there is one, the nearest known option
 */
export function parseCall(
  name: string,
  command: CliCommand,
  words: readonly string[],
): Pick<Call, 'options' | 'positionals'> {
  const specs: Readonly<Record<string, OptionSpec>> = { ...command.options, ...commonOptions };
  const { tokens } = parseArgs({
    args: words.map((word) => (isPlainWord(word) ? shield + word : word)),
    options: Object.fromEntries(
      Object.entries(specs).map(([key, { type, short }]) => [
        key,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const options: Values = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(unshield(token.value));
    if (token.kind === 'option') take(options, token, specFor(name, specs, token));
  }
  if (options['help'] !== true) checkCount(name, command, positionals);
  return { options, positionals };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function isPlainWord(word: string): boolean {
  return /^-\.?\d/.test(word) || /^-[^=]*\s/.test(word);
}

function unshield(word: string): string {
  return word.startsWith(shield) ? word.slice(shield.length) : word;
}

function specFor(
  command: string,
  specs: Readonly<Record<string, OptionSpec>>,
  token: OptionToken,
): OptionSpec {
  const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
  if (spec !== undefined) return spec;
  const near = nearest(token.name, Object.keys(specs));
  throw new UsageError(`unknown option ${token.rawName} for jetpack ${command}`, {
    hint: near === undefined ? `see jetpack ${command} --help` : `did you mean --${near}?`,
  });
}

function take(options: Values, token: OptionToken, spec: OptionSpec): void {
  if (spec.type === 'boolean') {
    if (token.value !== undefined) throw new UsageError(`option ${token.rawName} takes no value`);
    options[token.name] = true;
    return;
  }
  if (token.value === undefined) {
    throw new UsageError(`option ${token.rawName} needs a value: ${spec.value ?? 'VALUE'}`);
  }
  const value = unshield(token.value);
  const before = options[token.name];
  options[token.name] =
    spec.multiple === true ? [...(Array.isArray(before) ? before : []), value] : value;
}

function checkCount(name: string, command: CliCommand, positionals: readonly string[]): void {
  const [min, max] = command.positionals;
  const usage = `usage: jetpack ${command.usage[0] ?? name}`;
  if (positionals.length < min)
    throw new UsageError(`jetpack ${name} needs more words`, { hint: usage });
  if (positionals.length > max) {
    throw new UsageError(
      `jetpack ${name} does not know what to do with ${JSON.stringify(positionals[max])}`,
      {
        hint: usage,
      },
    );
  }
}
