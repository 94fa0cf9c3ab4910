import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import manifest from '../package.json' with { type: 'json' };

const commands = manifest.contributes.commands.map(({ command }) => command);

describe('package.json', () => {
  it('declares the commands that exist', () => {
    const tables = [
      /const commands: Record[^{]*{([\s\S]*?)\n {2}};/.exec(readFileSync('src/commands.ts', 'utf8'))?.[1],
      /return {([\s\S]*?)\n {2}};/.exec(readFileSync('src/chat/commands.ts', 'utf8'))?.[1],
    ];
    const table = tables.join('\n');
    const names = [...table.matchAll(/^ {4}(\w+)[:,]/gm)].map(([, name]) => `ownstack.${name ?? ''}`);

    expect(names.sort()).toEqual([...commands].sort());
  });

  it('takes no key away', () => {
    expect(Object.keys(manifest.contributes)).not.toContain('keybindings');
  });

  it('has a page and working links for each step of the walkthrough', () => {
    for (const { media, description } of manifest.contributes.walkthroughs[0]?.steps ?? []) {
      const links = [...description.matchAll(/command:(ownstack\.\w+)/g)].map(([, name]) => name);

      expect(existsSync(media.markdown)).toBe(true);
      expect(commands).toEqual(expect.arrayContaining(links));
    }
  });
});

describe('activation', () => {
  it('only wires', () => {
    const code = readFileSync('src/extension.ts', 'utf8');
    const body = /export function activate[\s\S]*?\n}\n/.exec(code)?.[0] ?? '';

    expect(body).not.toBe('');
    expect(body.split('\n').length).toBeLessThanOrEqual(60);
  });
});
