import { UsageError } from '../index.js';
import type { Call, OptionSpec } from './command.js';

/** Options that several commands share, said once. */
export const sharedOptions = {
  json: { type: 'boolean', help: 'answer in JSON, errors included' },
  wait: {
    type: 'string',
    value: 'SECONDS',
    help: 'how long to try to deliver; 0 only queues (default 5)',
  },
  'require-delivery': { type: 'boolean', help: 'exit 69 when it was not delivered in time' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** The value of an option that takes one. */
export function text(call: Call, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether a flag was given. */
export function flag(call: Call, name: string): boolean {
  return call.options[name] === true;
}

/** Every value of an option that may stand more than once. */
export function texts(call: Call, name: string): readonly string[] {
  const value = call.options[name];
  return Array.isArray(value) ? value : [];
}

/** An option that is one of a few words. */
export function choice<T extends string>(
  call: Call,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = text(call, name);
  if (value === undefined) return undefined;
  const found = choices.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new UsageError(
    `option --${name} must be one of ${choices.join(', ')}, got ${JSON.stringify(value)}`,
  );
}

/** An option in seconds, as milliseconds. */
export function seconds(call: Call, name: string, defaultSeconds: number): number {
  const value = text(call, name);
  if (value === undefined) return defaultSeconds * 1000;
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0)
    return Math.round(number * 1000);
  throw new UsageError(
    `option --${name} must be a number of seconds, 0 or more, got ${JSON.stringify(value)}`,
  );
}
