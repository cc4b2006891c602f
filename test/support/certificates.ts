import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** An authority, what it has signed for a broker on 127.0.0.1 and for one client, and another authority: PEM files. */
export interface Certificates extends AsyncDisposable {
  readonly ca: string;
  readonly otherCa: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** Makes them with `openssl`, for a day. */
export async function createCertificates(): Promise<Certificates> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'jetpack-certificates-'));
  const file = (name: string): string => path.join(folder, name);
  const make = async (name: string, ...more: readonly string[]): Promise<void> => {
    const subject = ['-subj', `/CN=${name}`, '-keyout', file(`${name}.key`)];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject];
    await promisify(execFile)('openssl', [...args, '-out', file(`${name}.pem`), ...more]);
  };
  await Promise.all([make('ca'), make('other')]);
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  await make('server', ...signed, '-addext', 'subjectAltName=IP:127.0.0.1');
  await make('client', ...signed);
  return {
    ca: file('ca.pem'),
    otherCa: file('other.pem'),
    server: { cert: file('server.pem'), key: file('server.key') },
    client: { cert: file('client.pem'), key: file('client.key') },
    [Symbol.asyncDispose]: async () => fs.rm(folder, { recursive: true, force: true }),
  };
}
