import path from 'node:path';

/** The name itself when it holds a separator, else the first match in the folders; `undefined` when there is none. */
export function findOnPath(
  name: string,
  folders: readonly string[],
  isProgram: (file: string) => boolean,
): string | undefined {
  const candidates = /[\\/]/.test(name)
    ? [path.resolve(name)]
    : folders.filter((folder) => folder !== '').map((folder) => path.join(folder, name));
  return candidates.find((file) => isProgram(file));
}
