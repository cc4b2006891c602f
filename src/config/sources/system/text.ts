/** The lines of a text, without their ends and without empty ones. */
export function linesOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** A file that holds one line, as most of `/proc/sys` do. */
export function lineOf(text: string | undefined): string | undefined {
  return text?.replace(/\r?\n[\s\S]*$/, '');
}
