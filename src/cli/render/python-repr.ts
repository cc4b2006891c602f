import { JsonNumber } from '../../index.js';
import type { ExactObject, ExactValue } from '../../index.js';

/**
 * A value as Python 3's `print` writes it: text as it is, everything else by {@link pythonRepr}. Cluster scripts compare
 * with `True` and `None` and pick lists apart.
 */
export function pythonText(value: ExactValue): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** A value as Python 3's `repr` writes what its `json` module reads. */
export function pythonRepr(value: ExactValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return reprString(value);
  if (value instanceof JsonNumber) return reprNumber(value);
  if (isExactList(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${reprString(name)}: ${pythonRepr(member)}`,
  );
  return `{${members.join(', ')}}`;
}

/** `Array.isArray`, which by itself does not know read-only arrays. */
function isExactList(value: ExactValue): value is readonly ExactValue[] {
  return Array.isArray(value);
}

/** Whether it has children by name. */
export function isExactObject(value: ExactValue): value is ExactObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isExactList(value) &&
    !(value instanceof JsonNumber)
  );
}

function reprNumber(value: JsonNumber): string {
  if (!value.isInteger) return reprFloat(Number(value.source));
  return value.source === '-0' ? '0' : value.source;
}

/** Python's `repr(float)`: the shortest digits that read back as the same number, as JavaScript has them, laid out anew. */
function reprFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '0', power = '0'] = Math.abs(value).toExponential().split('e');
  return sign + layOut(mantissa.replace('.', ''), Number(power));
}

function layOut(digits: string, exponent: number): string {
  // The bounds are those of Python's format code `r`: an exponent below -4, or from 16 on.
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function reprString(text: string): string {
  // Nearly every string is plain; the classes of Unicode cost time when they are first used.
  if (/^[ -&(-[\]-~]*$/.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + Array.from(text, (character) => escape(character, quote)).join('') + quote;
}

function escape(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  // Python's `str.isprintable`: no "other" and no separator, but for the blank.
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
