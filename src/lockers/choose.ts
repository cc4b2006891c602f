import { JetpackError } from '../errors.js';
import { redactUrl } from '../internal/redact.js';
import type { Locker } from '../locker.js';
import { FileLocker } from './file.js';
import { HttpLocker } from './http.js';

/**
 * The locker that a url means, by its scheme: `file:` a folder, `http:` and `https:` a server that serves the locker's
 * tree. A query (a SAS token) goes with every request, and is never shown. Nothing is contacted yet.
 *
 * @throws JetpackError `ERR_JETPACK_BAD_CONFIG` when the url has another scheme or is none
 *
 * @public
 */
export function chooseLocker(url: string): Locker {
  switch (URL.canParse(url) ? new URL(url).protocol : '') {
    case 'file:':
      return new FileLocker(url);
    case 'http:':
    case 'https:':
      return new HttpLocker({ url });
    default:
      throw new JetpackError(
        'ERR_JETPACK_BAD_CONFIG',
        `cannot use the locker ${redactUrl(url)}: only file:, http: and https: urls are lockers`,
        { hint: 'set locker.url in config/connection.json, or JETPACK_LOCKER_URL' },
      );
  }
}
