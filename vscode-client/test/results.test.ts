import { describe, expect, it } from 'vitest';

import { asText } from '../src/page.js';
import type { Hit, IndexStatus } from '../src/protocol.js';
import { indexLines, indexReport, indexState, row } from '../src/results.js';

const HIT: Hit = {
  uri: 'file:///shop/src/orders.py',
  path: 'src/orders.py',
  startLine: 12,
  endLine: 20,
  line: 13,
  kind: 'method',
  name: 'Order.total',
  score: 1.5,
  text: '@cached\n    def total(self) -> int:\n        return 1\n',
  parts: {},
  cell: null,
};

const READY: IndexStatus = {
  folder: '/home/me/shop',
  state: 'ready',
  reason: 'The index is up to date.',
  progress: null,
  files: 1204,
  symbols: 1,
  chunks: 9000,
  leftOut: { 'It is binary.': 2, 'It is too large.': 1 },
  sizeBytes: 3_400_000,
  ageS: 12,
};

describe('a result', () => {
  it('says in words what it is, where, and the line that names it', () => {
    expect(row(HIT)).toEqual({
      label: 'Order.total',
      description: 'method · src/orders.py:13',
      detail: 'def total(self) -> int:',
      icon: 'symbol-method',
    });
  });

  it('without a name is called by its file', () => {
    expect(row({ ...HIT, name: '', kind: 'text', text: '\n# Orders\n' })).toEqual({
      label: 'orders.py',
      description: 'src/orders.py:13',
      detail: '# Orders',
      icon: 'file-code',
    });
  });

  it('in a notebook is told by its cell', () => {
    expect(row({ ...HIT, path: 'study.ipynb', cell: 3 }).description).toBe('method · study.ipynb:cell 3:13');
  });

  it('that is a group of small ones is called by what they are', () => {
    expect(row({ ...HIT, kind: 'group', name: 'Order' }).description).toBe('members · src/orders.py:13');
  });

  it('shows a long line cut', () => {
    const { detail } = row({ ...HIT, line: 12, text: `total = ${'x'.repeat(500)}` });

    expect(detail).toHaveLength(120);
    expect(detail).toMatch(/…$/);
  });
});

describe('the index', () => {
  it('is told of in a line for each folder', () => {
    expect(indexLines([READY])).toEqual(['Index: 1,204 files, 1 symbol, 3.4 MB, checked just now']);
    expect(indexLines([{ ...READY, sizeBytes: 40_001 }])[0]).toContain(', 41 kB, ');
    expect(indexLines([READY, { ...READY, folder: 'C:\\b', ageS: 600 }])).toEqual([
      'Index of shop: 1,204 files, 1 symbol, 3.4 MB, checked just now',
      'Index of b: 1,204 files, 1 symbol, 3.4 MB, checked 10 minutes ago',
    ]);
  });

  it('says how far it is, or why there is none', () => {
    expect(indexState({ ...READY, state: 'indexing', progress: 0.4249 })).toBe('reading files, 42 %');
    expect(indexState({ ...READY, state: 'off', reason: 'Switched off.' })).toBe('Switched off.');
  });

  it('is reported with what is left out, most files first', () => {
    const file = { path: 'logo.png', folder: '/home/me/shop', indexed: false, reason: 'It is binary.' };
    const report = asText(indexReport([READY], file));

    expect(report).toContain('logo.png\nIt is binary.\n');
    expect(report).toContain('It is binary.     2 files\n');
    expect(report.indexOf('It is binary.     2 files')).toBeLessThan(report.indexOf('It is too large.  1 file'));
  });

  it('is missing without a folder', () => {
    expect(asText(indexReport([], null))).toContain('No folder is open, so there is no index.');
  });
});
