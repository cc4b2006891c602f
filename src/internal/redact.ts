const unreadable = '(a url that cannot be read)';

/**
 * A url without user info, query and fragment: what may stand in a log, an error or a report. What cannot be read as a
 * url is not printed at all, because nobody can tell where its secret is.
 */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return unreadable;
  const parsed = new URL(url);
  // `amqp:user:secret@host`, a forgotten `//`: the secret is a part of the path.
  if (parsed.host === '' && parsed.protocol !== 'file:') return unreadable;
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return parsed.toString();
}
