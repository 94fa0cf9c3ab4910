/** A page to read beside the editor, as plain values; its HTML holds no text that was not escaped. */

import type { Button } from './wording.js';

export type Level = 'ok' | 'warning' | 'error';

export type Block =
  | { kind: 'text' | 'heading' | 'code'; text: string }
  | { kind: 'place'; before: string; label: string; uri: string; line: number }
  | { kind: 'check'; level: Level; name: string; detail: string; hint: string; buttons: readonly Button[] }
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] }
  | { kind: 'buttons'; buttons: readonly Button[] };

export interface Page {
  title: string;
  blocks: readonly Block[];
}

/** What the page can ask for: a command, or a place to be opened. */
export type Action = Button | { uri: string; line: number };

/** Returns the actions of a page in the order in which its HTML numbers them. */
export function actions({ blocks }: Page): Action[] {
  return blocks.flatMap((block): Action[] => {
    if (block.kind === 'place') return [{ uri: block.uri, line: block.line }];
    return block.kind === 'check' || block.kind === 'buttons' ? [...block.buttons] : [];
  });
}

/** Returns the page as plain text, to be copied. */
export function asText({ title, blocks }: Page): string {
  const lines = blocks.flatMap((block): string[] => {
    switch (block.kind) {
      case 'text':
        return [block.text];
      case 'heading':
        return ['', block.text];
      case 'code':
        return block.text.split('\n').map((line) => `    ${line}`);
      case 'place':
        return [`${block.before} ${block.label}`.trim()];
      case 'check':
        return [
          `${block.level.toUpperCase().padEnd(7)}  ${block.name}: ${block.detail}`,
          ...(block.hint ? [`         → ${block.hint}`] : []),
        ];
      case 'table':
        return aligned(block.head.some(Boolean) ? [block.head, ...block.rows] : block.rows);
      case 'buttons':
        return [];
    }
  });
  return `${[title, '', ...lines].join('\n').trimEnd()}\n`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

/** Returns the page as HTML; `nonce` is a fresh random text. */
export function html(page: Page, nonce: string): string {
  const number = counter();
  const body = page.blocks.map((block) => blockHtml(block, number)).join('\n');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<title>${escaped(page.title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1 tabindex="-1">${escaped(page.title)}</h1>
${body}
</main>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

function blockHtml(block: Block, number: () => number): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escaped(block.text)}</p>`;
    case 'heading':
      return `<h2>${escaped(block.text)}</h2>`;
    case 'code':
      return `<pre tabindex="0"><code>${escaped(block.text)}</code></pre>`;
    case 'place':
      return `<p>${escaped(block.before)} <a href="#" role="link" data-action="${number()}">${escaped(block.label)}</a></p>`;
    case 'buttons':
      return buttonsHtml(block.buttons, number);
    case 'check':
      return checkHtml(block, number);
    case 'table':
      return tableHtml(block.head, block.rows);
  }
}

function checkHtml({ level, name, detail, hint, buttons }: Block & { kind: 'check' }, number: () => number): string {
  const advice = hint ? `<p class="hint">${escaped(hint)}</p>` : '';
  return `<section class="check ${level}">
<p><span class="level">${level}</span> <strong>${escaped(name)}</strong> ${escaped(detail)}</p>${advice}${buttonsHtml(buttons, number)}
</section>`;
}

function buttonsHtml(buttons: readonly Button[], number: () => number): string {
  if (!buttons.length) return '';
  const made = buttons.map(({ label }) => `<button type="button" data-action="${number()}">${escaped(label)}</button>`);
  return `<p class="buttons">${made.join(' ')}</p>`;
}

function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headings = head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('');
  const top = head.some(Boolean) ? `<thead><tr>${headings}</tr></thead>` : '';
  const lines = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell) => `<td>${escaped(cell)}</td>`).join('');
    return `<tr><th scope="row">${escaped(first)}</th>${cells}</tr>`;
  });
  return `<table>${top}<tbody>${lines.join('')}</tbody></table>`;
}

function counter(): () => number {
  let next = 0;
  return () => next++;
}

export function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (char) => names[char] ?? char);
}

const STYLE = `
body { color: var(--vscode-foreground); font: var(--vscode-font-size) / 1.5 var(--vscode-font-family); padding: 0 20px 20px; }
main { max-width: 80ch; overflow-wrap: anywhere; }
h1 { font-size: 1.4em; font-weight: 600; margin: 16px 0 8px; outline: none; }
h2 { font-size: 1.05em; font-weight: 600; margin: 20px 0 4px; }
p { margin: 6px 0; }
pre { background: var(--vscode-textCodeBlock-background); border: 1px solid var(--vscode-widget-border, transparent); border-radius: 3px; margin: 8px 0; padding: 8px 10px; white-space: pre-wrap; }
code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre code { background: none; color: inherit; padding: 0; }
a { color: var(--vscode-textLink-foreground); }
a:focus-visible, pre:focus-visible, button:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 1px; }
button { background: var(--vscode-button-secondaryBackground); border: 1px solid var(--vscode-button-border, transparent); border-radius: 2px; color: var(--vscode-button-secondaryForeground); cursor: pointer; font: inherit; margin: 2px 4px 2px 0; padding: 3px 12px; }
button:hover { background: var(--vscode-button-secondaryHoverBackground); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 6px 0; }
th, td { border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-editorWidget-border)); padding: 3px 16px 3px 0; text-align: left; vertical-align: top; }
thead th { font-weight: 600; }
tbody th { font-weight: 400; }
table { overflow-wrap: break-word; }
td { text-align: right; white-space: nowrap; }
thead th:not(:first-child) { text-align: right; }
.check { border-left: 3px solid var(--vscode-charts-green, #388a34); margin: 10px 0; padding-left: 10px; }
.check.warning { border-color: var(--vscode-editorWarning-foreground); }
.check.error { border-color: var(--vscode-editorError-foreground); }
.level { display: inline-block; font-weight: 600; min-width: 5.5em; text-transform: uppercase; font-size: 0.85em; }
.hint { padding-left: 1em; }
`;

const SCRIPT = `
const code = acquireVsCodeApi();
document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-action]');
  if (!target) return;
  event.preventDefault();
  code.postMessage({ action: Number(target.dataset.action) });
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') code.postMessage({ close: true });
});
document.querySelector('h1').focus();
`;
