/** Why a relative path with `/` between its segments could lead out of the folder it belongs to; `undefined` if it cannot. */
export function unsafePathReason(relative: string): string | undefined {
  if (relative === '') return 'it is empty';
  if (relative.includes('\0')) return 'it holds a NUL byte';
  // Backslashes separate on Windows: an archive made to be harmless here must be harmless there.
  if (/^(?:[/\\]|[A-Za-z]:)/.test(relative)) return 'it is absolute';
  if (relative.split(/[/\\]/).includes('..')) return 'it holds ".."';
  return undefined;
}

/** Why a text cannot be the name of one folder or file of ours; `undefined` when it can. */
export function unsafeNameReason(name: string): string | undefined {
  if (/[/\\]/.test(name)) return 'it holds a "/" or "\\"';
  if (name.startsWith('.')) return 'it begins with a dot';
  if (Buffer.byteLength(name) > 200) return 'it is longer than 200 bytes'; // file systems allow 255, with suffixes
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001F\u007F]/.test(name)) return 'it holds a control character';
  return unsafePathReason(name);
}
