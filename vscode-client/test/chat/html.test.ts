import { describe, expect, it } from 'vitest';

import { chatHtml } from '../../src/chat/html.js';

describe('the page of the chat', () => {
  const made = chatHtml({ origin: 'https://panel.example', script: 'https://panel.example/chat.js', style: 'https://panel.example/chat.css' }, 'n0nce');

  it('may load its two files and nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(made)?.[1]?.replaceAll('&#39;', "'");

    expect(policy).toBe("default-src 'none'; style-src https://panel.example; script-src 'nonce-n0nce'; base-uri 'none'; form-action 'none'");
    expect([...made.matchAll(/<(?:script|link|style|img|iframe)\b/g)]).toHaveLength(2);
    expect(made).not.toMatch(/<[^>]* (?:style|on\w+)=/);
  });

  it('names each part for who cannot see it', () => {
    for (const tag of made.matchAll(/<(?:textarea|input|main|ul|progress)\b[^>]*>/g)) expect(tag[0]).toMatch(/aria-label(?:ledby)?="/);
    expect(made).toContain('<html lang="en">');
    expect(made).toContain('aria-live="polite"');
  });
});
