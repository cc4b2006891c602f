import { JetpackError } from '../errors.js';

/** What a content should be, as far as somebody has said. */
export interface ExpectedContent {
  readonly path: string;
  readonly size?: number | undefined;
  /** Lower-case hex. */
  readonly md5?: string | undefined;
}

/**
 * Compares what was read with what was announced.
 *
 * @throws JetpackError `ERR_JETPACK_DAMAGED`
 */
export function checkContent(
  expected: ExpectedContent,
  got: { readonly md5: string; readonly size: number },
): void {
  const { path, size, md5 } = expected;
  if (size !== undefined && size !== got.size) {
    throw damaged(path, `it has ${got.size} bytes, the locker says ${size}`);
  }
  if (md5 !== undefined && md5 !== got.md5) {
    throw damaged(path, `its MD5 is ${got.md5}, the locker says ${md5}`);
  }
}

function damaged(path: string, why: string): JetpackError {
  return new JetpackError('ERR_JETPACK_DAMAGED', `cannot use ${path}: ${why}`, {
    hint: 'publish it again, or have the manifest made again',
  });
}
