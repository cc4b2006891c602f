import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { redactUrl } from '../../src/internal/redact.js';

test.each([
  ['amqps://user:secret@10.0.0.4:5671/cyclecloud?heartbeat=10', 'amqps://10.0.0.4:5671/cyclecloud'],
  ['amqp://user@host/', 'amqp://host/'],
  [
    'https://acct.blob.core.windows.net/locker?sv=1&sig=secret',
    'https://acct.blob.core.windows.net/locker',
  ],
  ['https://host/path#secret', 'https://host/path'],
  [
    'file:///opt/cycle/jetpack/logs/messages.jsonl',
    'file:///opt/cycle/jetpack/logs/messages.jsonl',
  ],
  ['amqp:user:secret@host', '(a url that cannot be read)'],
  ['user:secret@host', '(a url that cannot be read)'],
  ['not a url with secret', '(a url that cannot be read)'],
  ['', '(a url that cannot be read)'],
])('%s is shown as %s', (url, expected) => {
  expect(redactUrl(url)).toBe(expected);
});

test('shows no user info, query or fragment, whatever it is', () => {
  const word = fc.stringMatching(/^[a-z0-9%:@/?#&=.-]{0,20}$/);
  fc.assert(
    fc.property(fc.constantFrom('amqp', 'amqps', 'https'), word, word, (scheme, user, query) => {
      const shown = redactUrl(
        `${scheme}://zz${user.replaceAll(/[/?#]/g, '')}:SECRET@host/path?${query}SECRET`,
      );

      expect(shown).not.toContain('SECRET');
    }),
  );
});
