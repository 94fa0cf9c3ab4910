import { expect, test } from 'vitest';

import { withReasons } from '../../src/actions/reasons';

const action = (title: string, reason = ''): { title: string; disabled?: { reason: string } } => ({
  title,
  ...(reason ? { disabled: { reason } } : {}),
});

test('what can be used is left as it is', () => {
  const found = [action('Simplify'), { title: 'Run', command: 'run' }];
  expect(withReasons(found)).toEqual([action('Simplify'), { title: 'Run', command: 'run' }]);
});

test('what cannot be used says why, on one line', () => {
  const said = withReasons([action('Extract', 'Select lines.'), action('Simplify', 'x'.repeat(200))]);
  expect(said.map(({ title }) => title)).toEqual(['Extract: Select lines.', `Simplify: ${'x'.repeat(109)}…`]);
});
