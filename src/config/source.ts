import type { ExactValue } from '../internal/lossless-json.js';

/**
 * A source beyond the files. It says beforehand which top-level keys it may know, and is asked for one of them at a time,
 * only when the sources before it left a question open.
 */
export interface Source {
  /** For a person, in `explain`. */
  readonly name: string;
  readonly keys: readonly string[];
  /** What it knows under that key, `undefined` when that is nothing. Rejects within its own deadline. */
  collect(key: string): Promise<ExactValue | undefined>;
}
