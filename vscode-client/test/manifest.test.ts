import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import manifest from '../package.json' with { type: 'json' };

const commands = manifest.contributes.commands.map(({ command }) => command);

describe('package.json', () => {
  it('declares the commands that exist', () => {
    const tables = [
      /const commands: Record[^{]*{([\s\S]*?)\n {2}};/.exec(readFileSync('src/commands.ts', 'utf8'))?.[1],
      ...['src/chat/commands.ts', 'src/actions/commands.ts'].map((file) => /return {([\s\S]*?)\n {2}};/.exec(readFileSync(file, 'utf8'))?.[1]),
    ];
    const table = tables.join('\n');
    const names = [...table.matchAll(/^ {4}(\w+)[:,]/gm)].map(([, name]) => `ownstack.${name ?? ''}`);

    expect(names.sort()).toEqual([...commands].sort());
  });

  it('takes no key away', () => {
    // Ctrl+Alt+I opens the editor's own chat, where it has one; the others work only for an edit of ours.
    const mine: Record<string, string> = {
      'ctrl+alt+i': '!chatIsEnabled',
      'ctrl+alt+enter': 'ownstack.hunks',
      'ctrl+alt+shift+enter': 'ownstack.hunks',
      'alt+shift+backspace': 'ownstack.hunks',
      'ctrl+alt+shift+backspace': 'ownstack.hunks',
      escape: 'ownstack.writing',
    };
    const { keybindings } = manifest.contributes;

    expect([...new Set(keybindings.map(({ key }) => key))].sort()).toEqual(Object.keys(mine).sort());
    for (const { key, when } of keybindings) expect(when.split(' && ')).toEqual(expect.arrayContaining([mine[key], 'editorTextFocus']));
  });

  it('leaves the keys of what is open in the editor alone', () => {
    const when = manifest.contributes.keybindings.find(({ key }) => key === 'escape')?.when ?? '';

    for (const open of ['suggestWidgetVisible', 'findWidgetVisible', 'inSnippetMode', 'parameterHintsVisible']) expect(when).toContain(`!${open}`);
  });

  it('has buttons only for commands that exist', () => {
    const used = Object.values(manifest.contributes.menus).flatMap((entries: { command: string }[]) => entries.map(({ command }) => command));

    expect(commands).toEqual(expect.arrayContaining([...used, ...manifest.contributes.keybindings.map(({ command }) => command)]));
  });

  it('has a script that runs after its removal, and carries it', () => {
    const [program, script] = manifest.scripts['vscode:uninstall'].split(' ');
    const built = readFileSync('scripts/bundle.mjs', 'utf8');

    // The editor runs nothing else.
    expect(program).toBe('node');
    expect(manifest.files).toContain(script?.replace('./', ''));
    expect(built).toContain(`outfile: '${script?.replace('./', '') ?? ''}'`);
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
