import { expect, it } from 'vitest';

import { renderExplanation } from '../../../src/cli/render/explanation.ts';

it('shows a row for each source, with its age in the largest fitting unit', () => {
  const text = renderExplanation([
    { source: 'configuration.json', answer: 'nothing', detail: '', duration: 0.04, age: undefined },
    { source: 'node.json', answer: 'value', detail: 'string', duration: 12.34, age: 7_300_000 },
    { source: 'system', answer: 'error', detail: 'cannot collect cpu', duration: 2000, age: 999 },
  ]);

  expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
    'SOURCE              ANSWER   TOOK       AGE     WHAT',
    'configuration.json  nothing  0.0 ms     -       -',
    'node.json           value    12.3 ms    2 h     string',
    'system              error    2000.0 ms  999 ms  cannot collect cpu',
    '',
  ]);
});
