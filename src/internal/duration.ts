import { UsageError } from '../errors.js';

const units = [
  { letter: 'd', milliseconds: 86_400_000 },
  { letter: 'h', milliseconds: 3_600_000 },
  { letter: 'm', milliseconds: 60_000 },
  { letter: 's', milliseconds: 1000 },
] as const;

/** Ten years. What is meant to be longer is meant to be for ever. */
const longest = 3650 * 86_400_000;

const form = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * Reads a duration as people type it: `90s`, `30m`, `6h`, `2d`, `1h30m`, `forever`. Whole numbers, lower-case units, the
 * larger unit first, no blanks. A bare number is refused, because nobody can tell its unit; so are zero and more than
 * 3650 days.
 *
 * @returns milliseconds, or `'forever'`
 * @throws {@link UsageError} `ERR_JETPACK_USAGE`, listing the forms
 * @public
 */
export function parseDuration(text: string): number | 'forever' {
  if (text === 'forever') return 'forever';
  const match = text === '' ? null : form.exec(text);
  if (match === null) throw durationError(text, 'it is none');
  const total = units.reduce(
    (sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit.milliseconds,
    0,
  );
  if (total === 0) throw durationError(text, 'it is no time at all');
  if (total > longest) throw durationError(text, 'it is more than 3650d');
  return total;
}

/**
 * Prints a duration for a person: `1h 30m`. Without its blanks, {@link parseDuration} reads it back. Parts of a second
 * are left out, except when there is nothing else: `350ms`.
 *
 * @param ms - milliseconds; `Infinity` is `forever`, nothing and less is `0s`
 * @public
 */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return 'forever';
  if (!(ms >= 1)) return '0s';
  if (ms < 1000) return `${Math.floor(ms)}ms`;
  let left = ms;
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(left / unit.milliseconds);
    left -= count * unit.milliseconds;
    if (count > 0) parts.push(`${count}${unit.letter}`);
  }
  return parts.join(' ');
}

function durationError(text: string, why: string): UsageError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new UsageError(`cannot read the duration ${JSON.stringify(shown)}: ${why}`, {
    hint: 'write it like 90s, 30m, 6h, 2d, 1h30m or forever',
  });
}
