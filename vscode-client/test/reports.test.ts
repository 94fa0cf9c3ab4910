import { describe, expect, it } from 'vitest';

import { actions, asText } from '../src/page.js';
import type { Status, Tally, Trace } from '../src/protocol.js';
import { doctorReport, explanation, statisticsLine, statisticsReport } from '../src/reports.js';

const TRACE: Trace = {
  id: 'x',
  tier: 'model',
  source: 'model',
  reason: '',
  model: 'qwen',
  adapters: [],
  stagesMs: { cache: 0.31 },
  promptTokens: 812,
  evaluatedTokens: 2,
  generatedTokens: 9,
  draftedTokens: 0,
  acceptedTokens: 0,
  confidence: 0.714,
  adjusted: null,
  learned: '',
  text: 'return total',
  path: 'src/orders.py',
  line: 12,
  prefetched: false,
  late: false,
  origin: null,
  selected: '',
  hidden: '',
};

function why(more: Partial<Trace>, off = ''): string {
  return asText(explanation({ trace: { ...TRACE, ...more }, status: null, off }));
}

describe('the explanation', () => {
  it('names what was learned and served', () => {
    expect(why({ adapters: ['infill', 'shop'] })).toContain('The model qwen, with what it learned (infill, shop), wrote it.');
    const scored = { source: 'echo', model: 'builtin', adapters: ['shop'] };
    expect(why(scored)).toContain('and the built-in network, with what it learned (shop), found it likely here.');
  });

  it('says under the state what was learned, and why something does not serve', () => {
    const adapter = { id: 'b', name: 'shop', scope: 'project', project: '/home/ada/shop', serves: false, reason: 'It was not judged yet.' };
    const status = { reason: 'qwen is ready.', roles: [{ role: 'completion', adapters: [adapter] }] } as unknown as Status;
    const page = explanation({ trace: TRACE, status, off: '' });

    expect(asText(page)).toContain('Learned, not used: shop. It was not judged yet.');
    expect(actions(page)).toContainEqual({ label: 'What Was Learned', command: 'ownstack.learned' });
  });

  it('shows the text, for which place, who made it, how long it took, and with how many tokens', () => {
    const text = why({});

    expect(text.split('\n').slice(0, 8)).toEqual([
      'Why this suggestion',
      '',
      'For src/orders.py, line 12.',
      'Suggested:',
      '    return total',
      'The model qwen wrote it.',
      '71 % sure.',
      '',
    ]);
    expect(text).toContain('what was computed earlier  0.3 ms');
    expect(text).toContain('read now       2');
  });

  const makers: [string, Partial<Trace>, string][] = [
    ['the built-in network', { model: 'builtin' }, 'The built-in network wrote it.'],
    ['a cached answer', { tier: 'cache' }, 'The model qwen wrote it.\nIt was computed for an earlier key, and kept.'],
    ['one computed ahead', { tier: 'cache', prefetched: true }, 'It was computed ahead'],
    ['the rest of one', { tier: 'typed-through' }, 'the rest of what was suggested before you typed on'],
    ['a joined one', { tier: 'joined' }, 'for an earlier key already'],
    ['echo', { tier: 'echo', source: 'echo', model: '' }, 'Echo found it'],
    ['echo, scored', { tier: 'echo', source: 'echo', model: 'builtin' }, 'the built-in network found it likely'],
  ];
  it.each(makers)('has words for %s', (_, more, expected) => {
    const text = why(more);

    expect(text).toContain(expected);
    expect(text).not.toMatch(/model \./);
    expect(text).not.toContain('builtin');
  });

  it('links the place that echo took it from', () => {
    const origin = { uri: 'file:///shop/a%20b.py', path: 'a b.py', line: 7 };
    const page = explanation({ trace: { ...TRACE, source: 'echo', tier: 'echo', origin }, status: null, off: '' });

    expect(asText(page)).toContain('Found in a b.py, line 7');
    expect(actions(page)).toEqual([{ uri: origin.uri, line: 7 }]);
  });

  it('says what the chance is by what this user kept, if that is another one', () => {
    expect(why({ adjusted: 0.52 })).toContain('71 % sure.\nFor you it counts as 52 % sure');
    expect(why({})).not.toContain('For you');
  });

  it('says what was learned, if that has changed the choice', () => {
    const learned = 'It goes first as it was kept before here.';
    expect(why({ learned })).toContain(`${learned} (ownstack.completion.learnFromOutcomes)`);
    expect(why({})).not.toContain('learnFromOutcomes');
  });

  it('says why there was none', () => {
    const text = why({ text: '', reason: 'The line is very long.', confidence: null });

    expect(text).toContain('Why no suggestion');
    expect(text).toContain('Nothing was suggested. The line is very long.');
  });

  it('is about here: switched off, it explains no earlier suggestion', () => {
    const off = 'Completion is switched off for python.';
    const on = { label: 'Turn On for python', command: 'ownstack.toggleLanguage' };
    const page = explanation({ trace: TRACE, status: null, off, on });

    expect(asText(page)).toContain(`Nothing is suggested here. ${off}`);
    expect(asText(page)).not.toContain('return total');
    expect(actions(page)).toContainEqual(on);
  });

  it("says that a row of the editor's list hides it, and what Escape shows", () => {
    const text = why({ text: '', reason: 'The row is complete.', selected: 'first_name', hidden: 'format(x)' });

    expect(text).toContain('The row “first_name” of the editor\'s own list hides this suggestion');
    expect(text).toContain('Escape');
    expect(text).toContain('    format(x)');
    expect(text).toContain('For the row itself nothing is suggested. The row is complete.');
  });

  it('says when a text goes on from a row', () => {
    const text = why({ selected: 'first_name', text: 'first_name + last_name' });

    expect(text).toContain('To go on from the row “first_name” of the editor\'s own list:');
    expect(text).toContain('Escape closes the list');
  });

  it('has words for the time before the first key', () => {
    expect(asText(explanation({ trace: null, status: null, off: '' }))).toContain('Nothing was suggested yet.');
  });

  it('tells the state in words of the editor, with the button that it asks for', () => {
    const status = { reason: 'No model is used. Add a model with: ownstack models add FILE.gguf', roles: [] as Status['roles'] } as Status;
    const page = explanation({ trace: TRACE, status, off: '' });

    expect(asText(page)).toContain('Add a model with “Ownstack: Choose a Model”.');
    expect(actions(page)).toEqual([{ label: 'Choose a Model', command: 'ownstack.pickModel' }]);
  });
});

describe("the doctor's report", () => {
  it('begins with what is wrong, and has what to do below it', () => {
    const page = doctorReport(
      [
        { name: 'python', level: 'ok', detail: '3.12', hint: '' },
        { name: 'memory', level: 'error', detail: '1 GB', hint: 'Use a smaller model.' },
      ],
      'Ownstack: ready.',
      '3 calls',
    );

    expect(asText(page).split('\n')).toEqual([
      'Ownstack doctor',
      '',
      'Ownstack: ready.',
      'ERROR    memory: 1 GB',
      '         → Use a smaller model.',
      'OK       python: 3.12',
      'Keys in the extension: 3 calls',
      '',
    ]);
    expect(actions(page)).toEqual([{ label: 'Choose a Model', command: 'ownstack.pickModel' }]);
  });
});

const ECHO: Tally = {
  source: 'echo',
  model: '',
  shown: 60,
  accepted: 20,
  typedThrough: 10,
  partly: 3,
  rejected: 7,
  kept: 18,
  lookedAt: 20,
};

describe('the statistics', () => {
  it('are told by who made the suggestions, and for all', () => {
    const network = { ...ECHO, source: 'model', model: 'builtin', shown: 40, accepted: 0, lookedAt: 0, kept: 0 };
    const text = asText(statisticsReport([ECHO, network], 30, ''));

    expect(text).toMatch(/ +echo \(your files\) +built-in network +all\n/);
    expect(text).toMatch(/accepted +20 \(33 %\) +0 \(0 %\) +20 \(20 %\)\n/);
    expect(text).toMatch(/kept +18 of 20 +– +18 of 20\n/);
  });

  it('fit into a line of the menu', () => {
    expect(statisticsLine([ECHO])).toBe('60 shown, 30 taken (50 %), 90 % of those kept');
    expect(statisticsLine([])).toBe('nothing shown yet');
  });

  it('say when there are none', () => {
    expect(asText(statisticsReport([], 30, 'Signals are kept in memory only.'))).toContain('in memory only');
    expect(asText(statisticsReport([], 30, ''))).toContain('Nothing was suggested yet.');
  });
});
