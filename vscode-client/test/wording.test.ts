import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import manifest from '../package.json' with { type: 'json' };
import { buttonsFor, forEditor } from '../src/wording.js';

describe('advice for a terminal', () => {
  const cases: [string, string][] = [
    ['Add a bigger model with: ownstack models add FILE.gguf', 'Add a bigger model with “Ownstack: Choose a Model”.'],
    ['Choose another: ownstack models use NAME --for completion', 'Choose another with “Ownstack: Choose a Model”.'],
    [
      'To try it again: ownstack models use qwen2.5-coder --for completion Until then, completion repeats.',
      'To try it again with “Ownstack: Choose a Model”. Until then, completion repeats.',
    ],
    [
      'To try it again: ownstack models use \'my model\' --for completion Until then, completion repeats.',
      'To try it again with “Ownstack: Choose a Model”. Until then, completion repeats.',
    ],
    ['See what there is: ownstack models list', 'See what there is with “Ownstack: Choose a Model”.'],
    ['Run: ownstack daemon stop', 'Run “Ownstack: Restart for All Windows”.'],
    ['Run `ownstack daemon stop`.', 'Run “Ownstack: Restart for All Windows”.'],
    ['To take it back: ownstack models forgive qwen', 'To take it back with “Ownstack: Choose a Model”.'],
    [
      'To take it all the same: ownstack models pull hf:a/b/c.gguf',
      'Choose another with “Ownstack: Choose a Model”.',
    ],
    [
      'Free some space or check the permissions, then run the same command again.',
      'Free some space or check the permissions, then choose it again with “Ownstack: Choose a Model”.',
    ],
    ['Free some space, or name another folder with --to.', 'Free some space.'],
    ['Nothing of the kind.', 'Nothing of the kind.'],
  ];
  it.each(cases)('%s', (text, expected) => {
    expect(forEditor(text)).toBe(expected);
  });

  // Whatever the server may say to an editor: the literals of its sources, but for its commands.
  const server = '../server/ownstack';
  const files = readdirSync(server, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.py') && !name.startsWith('cli') && name !== 'settings.py',
  );
  const isCommand = (text: string): boolean => /^ownstack [a-z ]+$/.test(text);
  const sentences = files.flatMap((name) => {
    const code = readFileSync(join(server, name), 'utf8').replace(/"""[\s\S]*?"""/g, '');
    return [...code.matchAll(/"((?:[^"\\\n]|\\.)*\bownstack (?:models|daemon|doctor|index|search|status)\b[^"\n]*)"/g)].map(
      ([, text = '']) => text,
    );
  }).filter((text) => !isCommand(text));

  it('is found in the sources of the server', () => {
    expect(sentences.length).toBeGreaterThan(5);
  });

  it.each(sentences)('is said in words of the editor: %s', (text) => {
    const said = forEditor(text.replace(/\{[^}]*\}/g, 'NAME'));

    expect(said).not.toMatch(/ownstack (?:models|daemon|doctor|index|search|status)/);
    expect(buttonsFor(said)).not.toEqual([]);
  });
});

describe('what a text asks for has a button', () => {
  const cases: [string, string[]][] = [
    ['llama.cpp cannot be compiled: there is no C++ compiler. Install one, then try again.', ['Try Again']],
    ['The disk is full. Make about 1 GB of room, then restart Ownstack.', ['Try Again']],
    ['The installation was cancelled. Restart Ownstack to go on.', ['Try Again']],
    ['Install one, then try again, or name one in the setting ownstack.python.interpreter.', ['Try Again', 'Open Settings']],
    ['The server stops again and again. See the log for the cause, then restart Ownstack.', ['Try Again', 'Show Log']],
    ['/x, named in ownstack.python.interpreter, is no working Python.', ['Open Settings']],
    ['Not sure enough: 0.21 of 0.40 needed (`ownstack.completion.eagerness`).', ['Open Settings']],
    ['The editor shows no inline suggestions: editor.inlineSuggest.enabled is off.', ['Open Settings']],
    ['Trust the folder, or choose another model.', ['Choose a Model', 'Manage Trust']],
    ['A model with fewer parameters would be faster.', ['Choose a Model']],
    ['Install it with: /usr/bin/python3 -m pip install llama-cpp-python==0.3.36', ['Reinstall']],
    ['The index is switched off in the settings.', ['Open Settings']],
    ['Completion is ready.', []],
    ['from ownstack.engine import local', []],
  ];
  it.each(cases.slice(0, -1))('%s', (text, labels) => {
    expect(buttonsFor(text).map(({ label }) => label)).toEqual(labels);
  });

  it('opens the very setting that is named', () => {
    const [button] = buttonsFor('Named in ownstack.python.interpreter.');

    expect(button?.args).toEqual(['ownstack.python.interpreter']);
  });

  it('which runs a command that exists', () => {
    const ours = manifest.contributes.commands.map(({ command }) => command);
    const used = cases.flatMap(([text]) => buttonsFor(text)).map(({ command }) => command);

    expect(used.filter((name) => name.startsWith('ownstack.') && !ours.includes(name))).toEqual([]);
  });
});

describe('a sentence of the extension', () => {
  // What asks for an action is told with buttons, wherever it is told.
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(`src/${name}`, 'utf8'));
  const told = sources.flatMap((code) => [...code.matchAll(/['`"]([A-Z][^'`"\n]*(?:[Rr]estart Ownstack|try again)[^'`"\n]*)['`"]/g)].map(([, text = '']) => text));

  it('is found', () => {
    expect(told.length).toBeGreaterThan(5);
  });

  it.each(told)('that asks to restart has a button for it: %s', (text) => {
    expect(buttonsFor(text).map(({ command }) => command)).toContain('ownstack.restart');
  });
});
