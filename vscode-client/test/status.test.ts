import { describe, expect, it } from 'vitest';

import type { State } from '../src/protocol.js';
import { CALM, look, type Around, type Known } from '../src/status.js';

function known(state: State, more: Partial<Known> = {}): Known {
  return { state, reason: 'Because.', model: '', progress: null, ...more };
}

function around(more: Partial<Around>): Around {
  return { ...CALM, ...more };
}

const BEGAN = 1_000_000;
const compiling = (minutes: number): Around =>
  around({ installation: { kind: 'compiling', since: BEGAN }, now: BEGAN + minutes * 60_000 });
const withoutEngine = known('noModel', {
  version: '0.1.0',
  reason: 'llama.cpp is not installed, so no model can run. Install it with: python -m pip install llama-cpp-python',
});

describe('while llama.cpp is compiled', () => {
  it('the item says so, for how long, and that completion works', () => {
    expect(look(withoutEngine, compiling(3.4))).toEqual({
      text: '$(tools) Ownstack 3 min',
      label: 'Ownstack: compiling llama.cpp. 3 minutes so far; completing from your files meanwhile.',
      tooltip: '3 minutes so far; completing from your files meanwhile.',
      severity: 'plain',
    });
    expect(look(withoutEngine, compiling(0.2)).text).toBe('$(tools) Ownstack');
  });

  it('a model that was chosen is no red error yet', () => {
    const chosen = known('error', { version: '0.1.0', model: 'qwen' });

    expect(look(chosen, compiling(5)).severity).toBe('plain');
    expect(look(chosen, CALM).severity).toBe('error');
  });

  it('but a server that cannot start is', () => {
    expect(look(known('error'), compiling(5)).severity).toBe('error');
  });

  it('a model that runs is what counts', () => {
    expect(look(known('ready', { version: '0.1.0' }), compiling(5)).text).toBe('$(sparkle) Ownstack');
  });
});

describe('after llama.cpp could not be compiled', () => {
  it('the item says why, and what to do', () => {
    const reason = 'llama.cpp cannot be compiled: there is no C++ compiler. Install one, then try again.';
    const { text, label, severity } = look(withoutEngine, around({ installation: { kind: 'failed', reason } }));

    expect(text).toBe('$(tools) Ownstack');
    expect(label).toBe(`Ownstack: completing from your files only. ${reason}`);
    expect(severity).toBe('warning');
  });
});

describe('a snooze', () => {
  it('is shown with the minutes that are left', () => {
    const here = 'Suggestions are snoozed, 12 minutes left.';
    const { text, label, severity } = look(known('ready'), around({ here, snoozed: 12 }));

    expect(text).toBe('$(bell-slash) Ownstack 12 min');
    expect(label).toBe(`Ownstack: snoozed. ${here}`);
    expect(severity).toBe('plain');
  });
});

describe('the status item', () => {
  const cases: [State, string, string, string][] = [
    ['starting', '$(loading~spin) Ownstack', 'Ownstack: starting. Because.', 'plain'],
    ['ready', '$(sparkle) Ownstack', 'Ownstack: ready. Because.', 'plain'],
    ['off', '$(circle-slash) Ownstack', 'Ownstack: off. Because.', 'plain'],
    ['slow', '$(watch) Ownstack', 'Ownstack: slow. Because.', 'warning'],
    ['error', '$(error) Ownstack', 'Ownstack: problem. Because.', 'error'],
  ];
  it.each(cases)('says why when %s', (state, text, label, severity) => {
    expect(look(known(state), CALM)).toEqual({ text, label, severity, tooltip: 'Because.' });
  });

  it('says where to add a model', () => {
    const reason = 'No model is used. Add a model with: ownstack models add FILE.gguf';
    const { text, label } = look(known('noModel', { reason }), CALM);

    expect(text).toBe('$(sparkle) Ownstack');
    expect(label).toBe(
      'Ownstack: completing without a model. No model is used. Add a model with “Ownstack: Choose a Model”.',
    );
  });

  it('says that the built-in completer is at work', () => {
    const reason =
      'The built-in completer is ready. Add a bigger model with: ownstack models add FILE.gguf';
    const { label, tooltip } = look(
      known('ready', { reason, model: 'builtin', completer: 'model' }),
      CALM,
    );

    const said = 'The built-in completer is ready. Add a bigger model with “Ownstack: Choose a Model”.';
    expect(label).toBe(`Ownstack: ready. ${said}`);
    expect(tooltip).toBe(said);
  });

  it('counts while a model is loaded', () => {
    const { text, label } = look(known('loading', { model: 'qwen', progress: 0.424 }), CALM);

    expect(text).toBe('$(loading~spin) Ownstack 42 %');
    expect(label).toBe('Ownstack: loading. Model qwen. Because.');
  });

  it('shows no 100 % while a model that was read is tried out', () => {
    const { text } = look(known('loading', { model: 'qwen', progress: 1 }), CALM);

    expect(text).toBe('$(loading~spin) Ownstack');
  });

  it('says that completion is off in this document', () => {
    const { text, label } = look(known('ready'), around({ here: 'Completion is switched off for python.' }));

    expect(text).toBe('$(circle-slash) Ownstack');
    expect(label).toBe('Ownstack: off. Completion is switched off for python.');
  });

  it('says what is broken even where completion is off', () => {
    expect(look(known('error'), around({ here: 'Off here.', snoozed: 5 })).label).toBe('Ownstack: problem. Because.');
  });

  it('tells who completes, how fast and for how many windows', () => {
    const { tooltip } = look(
      known('ready', {
        model: 'qwen',
        completer: 'model',
        sessions: 2,
        figures: { decodeTokensPerSecond: 41.7, completionsShown: 5 },
      }),
      CALM,
    );

    expect(tooltip.split('\n')).toEqual([
      'Because.',
      'Completes with: qwen',
      'Writes 42 tokens a second',
      'Shown 5, accepted 0',
      'Shared by 2 windows',
    ]);
  });

  it('names every role whose words leave this machine', () => {
    const role = { state: 'ready' as const, reason: '', engine: 'team', explanation: '', adapters: [] };
    const roles = [
      { ...role, role: 'edit', model: 'team:m', leavesMachine: false },
      { ...role, role: 'chat', model: 'team:m', leavesMachine: true },
      { ...role, role: 'summary', model: 'team:m', leavesMachine: true, state: 'error' as const },
    ];

    expect(look(known('ready', { roles }), CALM).tooltip.split('\n')).toEqual([
      'Because.',
      'Leaves this machine: what chat is given, to team:m',
    ]);
  });

  it('names what was learned and serves, and says why something does not', () => {
    const adapter = { id: 'a', name: 'shop', scope: 'project' as const, project: '/home/ada/shop', serves: true, reason: '' };
    const other = { ...adapter, id: 'b', name: 'newer', serves: false, reason: 'It was not judged yet.' };
    const role = { role: 'completion', model: 'qwen', leavesMachine: false, state: 'ready' as const, reason: '', engine: 'llama', explanation: '', adapters: [adapter, other] };
    const { label, tooltip } = look(known('ready', { roles: [role], model: 'qwen' }), CALM);

    expect(tooltip.split('\n').slice(1)).toEqual([
      'Learned, used for completion: shop',
      'Learned, not used: newer (from shop). It was not judged yet.',
    ]);
    expect(label).toBe('Ownstack: ready. Model qwen. Because. Learned, used for completion: shop.');
  });
});

describe('while a new version is made ready', () => {
  it('says that the server is updated and how far, while the one before serves', () => {
    const updating = around({ installation: { kind: 'updating', how: 'installing packages: 12 of 33' } });
    const ready: Known = { state: 'ready', reason: 'The model is ready.', model: '', progress: null, version: '0.1.0' };
    const { label, text, severity } = look(ready, updating);

    expect(label).toContain('updating');
    expect(label).toContain('Installing packages: 12 of 33. The version before serves meanwhile. The model is ready.');
    expect(severity).toBe('plain');
    expect(look({ ...ready, state: 'error', reason: 'The model is damaged.' }, updating).label).toContain('problem');
    expect(text).toContain('Ownstack');
  });
});
