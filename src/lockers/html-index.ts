/**
 * The names of files and folders in the HTML page with which common web servers list a folder (nginx, Apache, Python's
 * `http.server`). A folder's name ends in `/`. Only links straight into that folder count: what a page says about its
 * parent, its sort order or other sites does not.
 */
export function namesInHtmlIndex(html: string, folderUrl: string): string[] {
  const base = new URL(folderUrl);
  const names = new Set<string>();
  for (const match of html.matchAll(/<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
    const name = nameBelow(base, decodeEntities(match[1] ?? match[2] ?? ''));
    if (name !== undefined) names.add(name);
  }
  return [...names];
}

function nameBelow(base: URL, href: string): string | undefined {
  if (href.startsWith('?') || href.startsWith('#') || !URL.canParse(href, base.href))
    return undefined;
  const url = new URL(href, base);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) return undefined;
  const name = decodeName(url.pathname.slice(base.pathname.length));
  if (name === undefined || !/^[^/\\]+\/?$/.test(name)) return undefined;
  return /^\.\.?\/?$/.test(name) ? undefined : name;
}

function decodeName(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined; // a broken escape is nobody's file
  }
}

function decodeEntities(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&#x27;': "'",
  };
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39|#x27);/g, (entity) => entities[entity] ?? entity);
}
