// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';

import { blocks, rendered, sanitised } from '../../src/webview/markdown.js';
import { visible } from '../../src/webview/visible.js';
import { INJECTIONS } from './injections.js';

function page(text: string): HTMLElement {
  const env = {};
  const root = document.createElement('div');
  root.append(rendered(blocks(visible(text), env), env));
  return root;
}

describe('an answer that wants to do harm', () => {
  it.each(Object.entries(INJECTIONS))('%s is shown, not obeyed', (_, text) => {
    const root = page(text);
    document.body.replaceChildren(root);

    const forbidden = 'script,img,svg,math,iframe,form,input,button,base,style,meta,link,object,embed,template,audio,video';
    expect(root.querySelectorAll(forbidden)).toHaveLength(0);
    for (const element of root.querySelectorAll('*')) {
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on|^style$|^id$|^name$|^src/);
    }
    for (const link of root.querySelectorAll('a')) {
      expect(link.getAttribute('href')).toMatch(/^(?:https?:|mailto:|#$)/);
    }
    expect((globalThis as { harmed?: number }).harmed).toBeUndefined();
    expect(root.textContent).not.toBe('');
  });

  it('comes to nothing even if the renderer let it through', () => {
    const root = document.createElement('div');
    root.append(sanitised(Object.values(INJECTIONS).join('\n')));

    expect(root.querySelectorAll('script,img,svg,math,iframe,form,style,meta,base')).toHaveLength(0);
    expect(root.innerHTML).not.toMatch(/javascript:|command:|onerror=/);
  });

  it('shows codes of terminals and marks that turn letters round as what they are', () => {
    expect(page('\u001b[2J\u001b]52;c;aGk=\u0007red').textContent.trim()).toBe('\\x1b[2J\\x1b]52;c;aGk=\\x07red');
    expect(page('`access\u202e\u2066level`').querySelector('code')?.textContent).toBe('access\\u202e\\u2066level');
    expect(page('a\u200bb\ud800c\u{e0041}').textContent.trim()).toBe('a\\u200bb\\ud800c\\U000e0041');
  });

  it('leaves other scripts, accents and emoji alone', () => {
    expect(page('שלום, naïve 日本 👩‍💻').textContent.trim()).toBe('שלום, naïve 日本 👩‍💻');
  });
});

describe('markdown', () => {
  it('keeps an open fence as code', () => {
    const root = page('before\n\n```python\nx = 1 < 2\n**no**');

    expect(root.querySelector('pre')?.dataset.language).toBe('python');
    expect(root.querySelector('pre')?.textContent).toBe('x = 1 < 2\n**no**');
  });

  it('colours code, and leaves what is long or has endless lines plain', () => {
    expect(page('```python\ndef f(): pass\n```').querySelector('.hljs-keyword')?.textContent).toBe('def');
    expect(page(`\`\`\`python\ndef f(): pass\n${'x'.repeat(40_000)}\n\`\`\``).querySelector('span')).toBeNull();
    expect(page('```nolanguage\ndef f(): pass\n```').querySelector('span')).toBeNull();
  });

  it('opens files of the project and pages by their full address', () => {
    const [file, web] = page('[a](src/a.py#L10-L12) [b](https://b.example/?q)').querySelectorAll('a');

    expect(file?.dataset).toMatchObject({ path: 'src/a.py', line: '10' });
    expect(file?.getAttribute('href')).toBe('#');
    expect(web?.title).toBe('https://b.example/?q');
  });

  it('has tables with sides, and headings below those of the page', () => {
    const root = page('# Top\n\n| a | b |\n|---|--:|\n| 1 | 2 |');

    expect(root.querySelector('h3')?.textContent).toBe('Top');
    expect(root.querySelector('td.align-right')?.textContent).toBe('2');
    expect(root.innerHTML).not.toContain('style');
  });

  it('ends for texts that are made to be slow', () => {
    for (const part of ['[', '*a_', '`', '> ', '![](', '<a ', '- ', '|-', '&#', '[a](', '\\[']) {
      expect(page(part.repeat(4_000)).childNodes.length).toBeGreaterThan(0);
    }
  });
});
