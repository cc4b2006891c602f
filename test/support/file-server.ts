import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

/** A web server over a folder, on a free port of this machine. */
export interface FileServer extends AsyncDisposable {
  readonly url: string;
  /** The folder it serves. */
  readonly root: string;
  /** The requests it has had: method, url, and the Range header. */
  readonly requests: { readonly url: string; readonly range: string | undefined }[];
  /** Answers the next requests, one each, instead of the files; when it is empty, files are served. */
  readonly faults: ((response: http.ServerResponse) => void)[];
}

/** Serves files with ETag and Range, and folders as a page of links when `index` is on. */
export async function serveFolder(
  root: string,
  options: { readonly index?: boolean; readonly ranges?: boolean } = {},
): Promise<FileServer> {
  const requests: FileServer['requests'] = [];
  const faults: FileServer['faults'] = [];
  const server = http.createServer((request, response) => {
    requests.push({ url: request.url ?? '', range: request.headers.range });
    const fault = faults.shift();
    if (fault === undefined) answer(root, { request, response, ...options });
    else fault(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : address;
  return {
    url: `http://127.0.0.1:${port}`,
    root,
    requests,
    faults,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly index?: boolean;
  readonly ranges?: boolean;
}

function answer(root: string, { request, response, index, ranges = true }: Exchange): void {
  const name = decodeURIComponent(new URL(request.url ?? '', 'http://host').pathname);
  const file = path.join(root, name);
  const stat = statOf(file);
  if (stat?.isDirectory() === true && index === true) {
    sendIndex(file, response);
    return;
  }
  if (stat?.isFile() !== true) {
    response.writeHead(404).end('not here');
    return;
  }
  sendFile({ file, stat }, { request, response, ranges });
}

function sendIndex(folder: string, response: http.ServerResponse): void {
  const links = fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const href = encodeURIComponent(entry.name) + (entry.isDirectory() ? '/' : '');
    return `<a href="${href}">${entry.name}</a>`;
  });
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(`<a href="../">..</a><a href="?C=M">sort</a>${links.join('\n')}`);
}

function sendFile(
  { file, stat }: { readonly file: string; readonly stat: fs.Stats },
  { request, response, ranges }: Exchange,
): void {
  const etag = `"${stat.ino}-${stat.size}-${stat.mtimeMs}"`;
  response.setHeader('etag', etag);
  const { range, 'if-range': ifRange } = request.headers;
  const start = ranges === true ? Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0) : 0;
  if (start > 0 && (ifRange === undefined || ifRange === etag)) {
    response.writeHead(206, { 'content-range': `bytes ${start}-${stat.size - 1}/${stat.size}` });
    fs.createReadStream(file, { start }).pipe(response);
    return;
  }
  response.setHeader('content-length', stat.size);
  fs.createReadStream(file).pipe(response);
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}
