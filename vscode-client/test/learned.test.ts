import { describe, expect, it } from 'vitest';

import { adapterGroups, adapterLines, deeds, done } from '../src/learned.js';
import type { LearnedAdapter } from '../src/learningProtocol.js';
import type { RoleStatus } from '../src/protocol.js';

const ADAPTER: LearnedAdapter = {
  id: '1',
  name: 'shop',
  scope: 'project',
  project: '/home/ada/shop',
  role: 'completion',
  model: 'qwen',
  created: '2026-11-30T12:00:00+00:00',
  standing: 'fit',
  reason: '',
  serves: true,
  shipped: false,
  problem: '',
  trained: {},
  languages: {},
};
const INFILL: LearnedAdapter = { ...ADAPTER, id: '2', name: 'infill', scope: 'generic', project: '' };

function list(adapters: LearnedAdapter[], folders = ['/home/ada/shop']): Record<string, string[]> {
  const groups = adapterGroups({ adapters, problems: [], refusal: '' }, folders);
  return Object.fromEntries(groups.map(({ title, rows }) => [title, rows.map(({ label, description }) => `${label} ${description}`)]));
}

describe('the list of what was learned', () => {
  it('begins with what was learned here, and says of each whether it is in use', () => {
    const other = { ...ADAPTER, id: '3', name: 'bank', project: '/home/ada/bank', serves: false };

    expect(list([INFILL, other, ADAPTER])).toEqual({
      'from this project': ['$(check) shop in use · for completion with qwen'],
      'for every project': ['$(check) infill in use · for completion with qwen'],
      'from other projects': ['$(circle-slash) bank not in use · for completion with qwen'],
    });
  });

  it('counts an enclosing folder as this project, and no neighbour', () => {
    const whole = { ...ADAPTER, name: 'whole', project: '/home/ada' };
    const near = { ...ADAPTER, name: 'near', project: '/home/ada/sho' };

    expect(Object.keys(list([whole]))).toEqual(['from this project']);
    expect(Object.keys(list([near]))).toEqual(['from other projects']);
  });

  it('tells no small letters from large ones where Windows does not', () => {
    const shop = { ...ADAPTER, project: 'C:\\Work\\Shop' };

    expect(Object.keys(list([shop], ['c:\\work\\shop']))).toEqual(['from this project']);
    expect(Object.keys(list([shop], ['c:\\work\\shop\\api']))).toEqual(['from this project']);
    expect(Object.keys(list([shop], ['c:\\work\\shopping']))).toEqual(['from other projects']);
    expect(Object.keys(list([{ ...ADAPTER, project: '/home/ada/Shop' }]))).toEqual(['from other projects']);
  });

  it('says why one is not in use', () => {
    const unused = { ...ADAPTER, serves: false };
    const rows = adapterGroups(
      {
        adapters: [
          { ...unused, standing: 'new' },
          { ...unused, standing: 'aside', reason: 'Python got worse.' },
          { ...unused, problem: 'Its file is another one.' },
        ],
        problems: [],
        refusal: '',
      },
      [],
    ).flatMap((group) => group.rows);

    expect(rows.map(({ description }) => description.split(' · ')[0])).toEqual(['not judged yet', 'no better, set aside', 'cannot be used']);
    expect(rows[1]?.detail).toBe('Learned on Nov 30, 2026. Python got worse. /home/ada/shop');
    expect(rows[2]?.detail).toContain('Its file is another one.');
  });

  it('bears a time that is none', () => {
    const [group] = adapterGroups({ adapters: [{ ...ADAPTER, created: 'yesterday' }], problems: [], refusal: '' }, []);

    expect(group?.rows[0]?.detail).toBe('Learned some time ago. /home/ada/shop');
  });
});

describe('what can be done', () => {
  it('is to go back from what is in use', () => {
    expect(deeds(ADAPTER).map(({ deed }) => deed)).toEqual(['rollBack', 'report']);
  });

  it('is to use another one, with a warning if it is no better', () => {
    const aside = { ...ADAPTER, serves: false, standing: 'aside' as const, reason: 'Python got worse.' };

    expect(deeds({ ...ADAPTER, serves: false })[0]?.label).toBe('$(check) Use It');
    expect(deeds(aside)[0]).toEqual({ label: '$(check) Use It All the Same', detail: 'Python got worse.', deed: 'use' });
  });

  it('is only to look at what cannot be used', () => {
    expect(deeds({ ...ADAPTER, serves: false, problem: 'It is damaged.' }).map(({ deed }) => deed)).toEqual(['report']);
  });

  it('is told afterwards', () => {
    const before = { ...ADAPTER, id: '0', name: 'older' };
    const result = { adapters: [before, INFILL], problems: [], refusal: '' };

    expect(done('use', ADAPTER, result)).toBe('shop is used for completion with qwen now.');
    expect(done('rollBack', ADAPTER, result)).toBe('older is used again.');
    expect(done('rollBack', ADAPTER, { ...result, adapters: [INFILL] })).toBe('shop is not used any more.');
  });
});

describe('the lines of the status', () => {
  const role = (adapters: RoleStatus['adapters']): RoleStatus[] => [
    { role: 'completion', model: 'qwen', state: 'ready', reason: '', engine: 'llama', leavesMachine: false, explanation: '', adapters },
  ];
  const shop = { id: '1', name: 'shop', scope: 'project' as const, project: '/home/ada/shop', serves: true, reason: '' };

  it('name what serves in one line, the general first', () => {
    const infill = { ...shop, id: '2', name: 'infill', scope: 'generic' as const, project: '' };

    expect(adapterLines(role([infill, shop]))).toEqual(['Learned, used for completion: infill, shop']);
  });

  it('say where it was learned, if the name does not', () => {
    expect(adapterLines(role([{ ...shop, name: 'mine' }]))).toEqual(['Learned, used for completion: mine (from shop)']);
  });

  it('are none where nothing was learned', () => {
    expect(adapterLines(role([]))).toEqual([]);
  });
});
