/** One hash for a list of texts in their order, so that two lists are told apart by 64 hex digits. */
export async function fingerprint(parts: Iterable<string>): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}

/** Compares as bytes, the order in which `ls` in the C locale and every other machine lists names. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
