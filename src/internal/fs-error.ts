import { JetpackError } from '../errors.js';

/** The `code` of a Node file-system error, `undefined` for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const reasons = new Map(
  Object.entries({
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    ENOSPC: 'no space left on the disk',
    EDQUOT: 'disk quota exceeded',
    EROFS: 'the file system is read-only',
    ENOENT: 'no such file or folder',
    ENOTDIR: 'a part of the path is not a folder',
    EISDIR: 'it is a folder',
    EMFILE: 'too many open files in this process',
    ENFILE: 'too many open files on this machine',
    EIO: 'input/output error',
    ENAMETOOLONG: 'the name is too long',
    ELOOP: 'too many symbolic links',
    E2BIG: 'its arguments and environment are too long',
    ENOEXEC: 'it is not a program',
    ETXTBSY: 'it is just being written',
    EAGAIN: 'too many processes, or too little memory',
    ENOMEM: 'not enough memory',
  }),
);

/** What the operating system said, in words and without the path (which the caller names itself). */
export function fsReason(error: unknown): string {
  const code = errnoOf(error);
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return reasons.get(code) ?? code;
}

function isRefusal(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'EACCES' || code === 'EPERM';
}

const permissionHint = 'run it as root or as a member of the group cyclecloud';

/** A failed write, mkdir, rename or unlink: 77 when this user may not, else 73. A JetpackError passes unchanged. */
export function writeError(error: unknown, target: string): JetpackError {
  if (error instanceof JetpackError) return error;
  const refused = isRefusal(error);
  return new JetpackError(
    refused ? 'ERR_JETPACK_PERMISSION' : 'ERR_JETPACK_CANNOT_WRITE',
    `cannot write ${target}: ${fsReason(error)}`,
    { cause: error, path: target, ...(refused ? { hint: permissionHint } : {}) },
  );
}

/** A failed read: 77 when this user may not, 1 when it is not there, else 78. A JetpackError passes unchanged. */
export function readError(error: unknown, target: string): JetpackError {
  if (error instanceof JetpackError) return error;
  const message = `cannot read ${target}: ${fsReason(error)}`;
  if (isRefusal(error)) {
    return new JetpackError('ERR_JETPACK_PERMISSION', message, {
      cause: error,
      path: target,
      hint: permissionHint,
    });
  }
  const code = errnoOf(error) === 'ENOENT' ? 'ERR_JETPACK_NOT_FOUND' : 'ERR_JETPACK_BAD_CONFIG';
  return new JetpackError(code, message, { cause: error, path: target });
}
