import { describe, expect, it } from 'vitest';

import { actions, html, type Page } from '../src/page.js';

const HOSTILE = `<img src=x onerror="alert(1)">'&`;
const PAGE: Page = {
  title: HOSTILE,
  blocks: [
    { kind: 'text', text: HOSTILE },
    { kind: 'heading', text: HOSTILE },
    { kind: 'code', text: HOSTILE },
    { kind: 'place', before: HOSTILE, label: HOSTILE, uri: 'file:///a', line: 3 },
    { kind: 'check', level: 'error', name: HOSTILE, detail: HOSTILE, hint: HOSTILE, buttons: [{ label: HOSTILE, command: 'a' }] },
    { kind: 'table', head: [HOSTILE, HOSTILE], rows: [[HOSTILE, HOSTILE]] },
    { kind: 'buttons', buttons: [{ label: 'B', command: 'b' }] },
  ],
};

describe("a page's HTML", () => {
  const made = html(PAGE, 'n0nce');

  it('holds no text as markup', () => {
    expect(made).not.toContain('<img');
    expect(made).not.toMatch(/onerror="/);
  });

  it('allows nothing but its own style and script', () => {
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(made) ?? [];

    expect(policy).toBe("default-src 'none'; style-src 'nonce-n0nce'; script-src 'nonce-n0nce'");
    expect([...made.matchAll(/<(?:script|style) nonce="n0nce">/g)]).toHaveLength(2);
    expect([...made.matchAll(/<(?:script|style)\b/g)]).toHaveLength(2);
    expect(made).not.toMatch(/<[^>]* (?:style|on\w+)=/);
  });

  it('numbers what can be done in the order of the actions', () => {
    const numbers = [...made.matchAll(/data-action="(\d+)"/g)].map(([, number]) => Number(number));

    expect(numbers).toEqual(actions(PAGE).map((_, index) => index));
    expect(actions(PAGE).map((action) => ('uri' in action ? action.uri : action.command))).toEqual(['file:///a', 'a', 'b']);
  });

  it('can be read by a screen reader', () => {
    expect(made).toContain('<html lang="en">');
    expect(made).toContain('<h1 tabindex="-1">');
    expect(made).toContain('<th scope="col">');
    expect(made).toContain('<th scope="row">');
  });
});
