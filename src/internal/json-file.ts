import fs from 'node:fs';

import { JetpackError } from '../errors.js';
import { errnoOf, readError } from './fs-error.js';
import type { ExactObject } from './lossless-json.js';
import { JsonSyntaxError, isObject, parseJson } from './lossless-json.js';

/**
 * Reads a file that holds one JSON object; `undefined` when there is none. Read in one go and at once: for a small file
 * that is several times cheaper than waiting for the thread pool, and start-up time is what it is for.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` with line and column and never a value, `ERR_JETPACK_PERMISSION`
 */
export function readJsonFile(file: string): ExactObject | undefined {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw readError(error, file);
  }
  try {
    const value = parseJson(bytes);
    if (isObject(value)) return value;
  } catch (error) {
    throw damaged(file, error);
  }
  throw damaged(file, new JsonSyntaxError('expected an object', 1, 1));
}

function damaged(file: string, error: unknown): JetpackError {
  if (!(error instanceof JsonSyntaxError)) return readError(error, file);
  return new JetpackError('ERR_JETPACK_BAD_CONFIG', `cannot read ${file}: ${error.message}`, {
    cause: error,
    path: file,
    hint: 'the file must hold one JSON object in UTF-8; mend it there, or remove it',
  });
}
