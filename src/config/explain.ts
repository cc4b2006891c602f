import type { ExactValue } from '../internal/lossless-json.js';
import { JsonNumber, isList, isObject } from '../internal/lossless-json.js';

/**
 * What one source said when it was asked for a key. Never the value: it may be a secret.
 *
 * @public
 */
export interface Explanation {
  /** `configuration.json`, `node.json`, `system`, `derived`. */
  readonly source: string;
  /** `nothing`: it does not know the key. `error`: it could not find out; `detail` says why. */
  readonly answer: 'value' | 'nothing' | 'error';
  /** Of a value its kind, for example `string` or `list of 3`; of an error its message; else empty. */
  readonly detail: string;
  /** Milliseconds the source took. */
  readonly duration: number;
  /** Milliseconds since the answer was made; `undefined` when there is nothing that could be old. */
  readonly age: number | undefined;
}

/** Asks one source and tells how it went. Its value comes back beside, for the caller to see whether to ask on. */
export async function ask(
  source: { readonly name: string; age(): number | undefined },
  question: () => Promise<ExactValue | undefined>,
): Promise<{ explanation: Explanation; value: ExactValue | undefined }> {
  const begun = performance.now();
  const tell = (answer: Explanation['answer'], detail: string): Explanation => ({
    source: source.name,
    answer,
    detail,
    duration: performance.now() - begun,
    age: source.age(),
  });
  try {
    const value = await question();
    const explanation = value === undefined ? tell('nothing', '') : tell('value', kindOf(value));
    return { explanation, value };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { explanation: tell('error', message), value: undefined };
  }
}

function kindOf(value: ExactValue): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return 'number';
  if (isList(value)) return `list of ${value.length}`;
  if (isObject(value)) return `object with ${Object.keys(value).length} keys`;
  return typeof value;
}
