import { describe, expect, it } from 'vitest';

import type { State } from '../src/protocol.js';
import { look, type Known } from '../src/status.js';

function known(state: State, more: Partial<Known> = {}): Known {
  return { state, reason: 'Because.', model: '', progress: null, ...more };
}

describe('the status item', () => {
  const cases: [State, string, string, string][] = [
    ['starting', '$(loading~spin) Ownstack', 'Ownstack: starting. Because.', 'plain'],
    ['ready', '$(sparkle) Ownstack', 'Ownstack: ready. Because.', 'plain'],
    ['off', '$(circle-slash) Ownstack', 'Ownstack: off. Because.', 'plain'],
    ['slow', '$(watch) Ownstack', 'Ownstack: slow. Because.', 'warning'],
    ['error', '$(error) Ownstack', 'Ownstack: problem. Because.', 'error'],
  ];
  it.each(cases)('says why when %s', (state, text, label, severity) => {
    expect(look(known(state), '')).toEqual({ text, label, severity, tooltip: 'Because.' });
  });

  it('says where to add a model', () => {
    const reason = 'No model is used. Add a model with: ownstack models add FILE.gguf';
    const { text, label } = look(known('noModel', { reason }), '');

    expect(text).toBe('$(sparkle) Ownstack');
    expect(label).toBe(
      'Ownstack: completing without a model. No model is used. Add a model in the menu of this item.',
    );
  });

  it('says that the built-in completer is at work', () => {
    const reason =
      'The built-in completer is ready. Add a bigger model with: ownstack models add FILE.gguf';
    const { label, tooltip } = look(
      known('ready', { reason, model: 'builtin', completer: 'model' }),
      '',
    );

    const said = 'The built-in completer is ready. Add a bigger model in the menu of this item.';
    expect(label).toBe(`Ownstack: ready. ${said}`);
    expect(tooltip).toBe(said);
  });

  it('counts while a model is loaded', () => {
    const { text, label } = look(known('loading', { model: 'qwen', progress: 0.424 }), '');

    expect(text).toBe('$(loading~spin) Ownstack 42 %');
    expect(label).toBe('Ownstack: loading. Model qwen. Because.');
  });

  it('says that completion is off in this document', () => {
    const { text, label } = look(known('ready'), 'Completion is switched off for python.');

    expect(text).toBe('$(circle-slash) Ownstack');
    expect(label).toBe('Ownstack: off. Completion is switched off for python.');
  });

  it('says what is broken even where completion is off', () => {
    expect(look(known('error'), 'Off here.').label).toBe('Ownstack: problem. Because.');
  });

  it('tells who completes, how fast and for how many windows', () => {
    const { tooltip } = look(
      known('ready', {
        model: 'qwen',
        completer: 'model',
        sessions: 2,
        figures: { decodeTokensPerSecond: 41.7, completionsShown: 5 },
      }),
      '',
    );

    expect(tooltip.split('\n')).toEqual([
      'Because.',
      'Completes with: qwen',
      'Writes 42 tokens a second',
      'Shown 5, accepted 0',
      'Shared by 2 windows',
    ]);
  });
});
