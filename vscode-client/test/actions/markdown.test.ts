import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';

import type { EditCheck } from '../../src/actionProtocol.js';
import { checksBlock, checksWords, diffBlock, fenced, hunkBlock, hunkLabel, madeBy, plain, stageWords } from '../../src/actions/markdown.js';
import { INJECTIONS } from '../webview/injections.js';

const markdown = new MarkdownIt({ html: true, linkify: true });
const check = (state: EditCheck['state'], name: string, detail = ''): EditCheck => ({ name, state, detail });
const hunk = { index: 0, startLine: 5, before: 'a\nb\n', after: 'c\n' };

/** Returns the tags that a text becomes, without those of lists, words and fences. */
function harm(text: string): string[] {
  return [...markdown.render(text).matchAll(/<(?!\/|p>|ul>|li>|pre>|code\b)[^>]*>/g)].map(([tag]) => tag);
}

describe('what a model or a program wrote', () => {
  const texts = [...Object.entries(INJECTIONS), ['many backticks', '````\n`````\n![x](https://evil.example)\n```'] as const];

  it.each(texts)('is obeyed nowhere: %s', (_name, text) => {
    expect(harm(fenced(text, 'diff'))).toEqual([]);
    expect(harm(hunkBlock({ before: `${text}\n`, after: `${text}\n` }))).toEqual([]);
    expect(harm(plain(text))).toEqual([]);
    expect(harm(checksBlock([check('failed', text, text), check('failed', 'tests', `${text}\n`.repeat(3))]))).toEqual([]);
    expect(harm(madeBy({ tier: 2, model: text, rounds: 1, drafts: 1, seconds: 1 }))).toEqual([]);
  });

  it('reads as it was written', () => {
    const text = 'undefined name "a_b*c" <at> https://x.example, 50 % [1] (2)';

    expect(markdown.renderInline(plain(text)).replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>')).toBe(text);
  });

  it('hides nothing from who reads it', () => {
    expect(hunkBlock({ before: '', after: 'x = 1 \u202e# y\n' })).toContain('\\u202e');
  });
});

describe('a diff', () => {
  it('is a fence longer than any in it', () => {
    expect(fenced('a\n````\n', 'text')).toBe('`````text\na\n````\n`````');
    expect(hunkBlock(hunk)).toBe('```diff\n- a\n- b\n+ c\n```');
  });

  it('is bounded, and says what it leaves out', () => {
    const lines = Array.from({ length: 70 }, (_, at) => ({ sign: '+', line: `${at}`.repeat(600) }));
    const block = diffBlock(lines);

    expect(block.split('\n')).toHaveLength(63);
    expect(block).toContain('… 10 more lines');
    expect(Math.max(...block.split('\n').map((line) => line.length))).toBeLessThan(410);
  });
});

describe('a hunk', () => {
  it('says which it is, where, and how much', () => {
    expect(hunkLabel(hunk, 1, 3)).toBe('Change 1 of 3 · Lines 5–6: 1 line added, 2 removed');
    expect(hunkLabel({ ...hunk, before: '' }, 1, 1)).toBe('The change · Before line 5: 1 line added');
    expect(hunkLabel({ ...hunk, after: '' }, 2, 2)).toBe('Change 2 of 2 · Lines 5–6: 2 removed');
  });
});

describe('checks', () => {
  const checks = [check('passed', 'syntax'), check('skipped', 'tests', 'They may not run.'), check('failed', 'names', 'x is undefined.')];

  it('are listed, those that failed first', () => {
    expect(checksBlock(checks).split('\n')).toEqual([
      '- ✗ names (failed): x is undefined\\.',
      '- ✓ syntax (passed)',
      '- – tests (not checked): They may not run\\.',
    ]);
  });

  it('are summed up in words', () => {
    expect(checksWords(checks)).toBe('1 check failed, 1 passed');
    expect(checksWords(checks.slice(0, 2))).toBe('1 check passed');
    expect(checksWords([])).toBe('Nothing was checked');
  });

  it('have long details in a fence of their own, bounded', () => {
    const block = checksBlock([check('failed', 'tests', Array.from({ length: 40 }, (_, at) => `E ${at}`).join('\n'))]);

    expect(block).toContain('  ```text\n  E 0\n');
    expect(block).toContain('  … 28 more lines\n  ```');
  });
});

describe('who made an edit', () => {
  it.each([
    [{ tier: 1, model: '', rounds: 0, drafts: 0, seconds: 0 }, 'Made without a model.'],
    [{ tier: 2, model: 'coder', rounds: 1, drafts: 1, seconds: 3.21 }, 'Made by coder in 1 round, 3.2 s.'],
    [{ tier: 2, model: 'coder-1.5b', rounds: 2, drafts: 5, seconds: 12 }, 'Made by coder\\-1\\.5b in 5 drafts in 2 rounds, 12 s.'],
  ])('is said: %j', (made, words) => {
    expect(madeBy(made)).toBe(words);
  });
});

describe('how far an edit is', () => {
  it.each([
    [{ stage: 'waiting', round: 1, done: 0, total: 0 }, 'Waiting for the model'],
    [{ stage: 'reading', round: 1, done: 1200, total: 3000 }, 'Reading 1,200 of 3,000 tokens'],
    [{ stage: 'writing', round: 2, done: 0, total: 0 }, 'Writing, round 2'],
    [{ stage: 'checking', round: 1, done: 0, total: 0 }, 'Checking'],
    [{ stage: 'repairing', round: 2, done: 0, total: 0 }, 'Repairing what the checks found, round 2'],
  ] as const)('is said: %j', (progress, words) => {
    expect(stageWords(progress)).toBe(words);
  });
});
