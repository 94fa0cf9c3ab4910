/**
 * Advice in words that fit the editor, and the buttons that do what a text asks for.
 *
 * The server's sentences are also read in a terminal, and name commands of the terminal.
 */

import { GETTING } from './install/getting.js';

export interface Button {
  label: string;
  command: string;
  args?: readonly string[];
}

export const CHOOSE: Button = { label: 'Choose a Model', command: 'ownstack.pickModel' };
export const RESTART: Button = { label: 'Restart', command: 'ownstack.restart' };
export const SHOW_LOG: Button = { label: 'Show Log', command: 'ownstack.showLog' };

const CHOOSING = '“Ownstack: Choose a Model”';

// Commands of the terminal → what does the same here.
const TERMINAL: readonly (readonly [RegExp, string])[] = [
  [/To take it all the same: `?ownstack models pull [^\s`]+`?/g, `Choose another with ${CHOOSING}.`],
  [/then run the same command again/g, `then choose it again with ${CHOOSING}`],
  [/the same command goes on from there/g, 'choosing it again goes on from there'],
  [/, or name another folder with --to\b/g, ''],
  [/(?: with)?: `?ownstack models (?:list|recommend(?: --all)?)`?/g, ` with ${CHOOSING}.`],
  [/(?: with)?: `?ownstack models \w+ (?:'[^']*'|[^\s`]+)(?: --for \w+)?`?/g, ` with ${CHOOSING}.`],
  [/(?:[Rr]un:? )?`?ownstack daemon (?:stop|start)`?\.?/g, 'Run “Ownstack: Restart for All Windows”.'],
  [/(?:[Rr]un:? )?`?ownstack doctor`?\.?/g, 'Run “Ownstack: Doctor”.'],
  [/(?:[Rr]un:? )?`?ownstack index [^\s`]+`?\.?/g, 'Run “Ownstack: Rebuild Index”.'],
  [/, or run: Run (?=“)/g, ' or '],
  [/\bthe editor's command (?=“)/g, ''],
];

/** Returns a text of the server's as it is said in the editor. */
export function forEditor(text: string): string {
  let said = text;
  for (const [pattern, words] of TERMINAL) said = said.replace(pattern, words);
  return said.replace(/\.\.(?= |$)/g, '.');
}

// What a text asks for or names → what does it; in the order of the buttons.
const ASKED: readonly (readonly [RegExp, (found: RegExpExecArray) => Button])[] = [
  ...GETTING,
  [/then (?:restart Ownstack|try again)|Restart Ownstack to (?:try again|go on)/, () => ({ ...RESTART, label: 'Try Again' })],
  [/[Rr]estart for All Windows/, () => ({ label: 'Restart for All Windows', command: 'ownstack.restartAll' })],
  [/-m pip install .*llama-cpp-python/, () => ({ label: 'Reinstall', command: 'ownstack.reinstall' })],
  [/(?:[Tt]hen|[Oo]r|[;,]) restart Ownstack|^Restart Ownstack/m, () => RESTART],
  [/Ownstack: Choose a Model|(?:smaller|bigger|another|different) model|fewer parameters/, () => CHOOSE],
  [/Ownstack: Doctor|\bthe doctor\b/i, () => ({ label: 'Run the Doctor', command: 'ownstack.doctor' })],
  [/Ownstack: Rebuild Index/, () => ({ label: 'Rebuild Index', command: 'ownstack.rebuildIndex' })],
  [/Trust the folder|not trusted/, () => ({ label: 'Manage Trust', command: 'workbench.trust.manage' })],
  [
    /\b((?:ownstack|editor)\.[a-z]\w*(?:\.\w+)+)/,
    ([, key = '']) => ({ label: 'Open Settings', command: 'ownstack.settings', args: [key] }),
  ],
  [/index is switched off/, () => ({ label: 'Open Settings', command: 'ownstack.settings', args: ['ownstack.index.enabled'] })],
  [/\bthe log\b/i, () => SHOW_LOG],
];

/** Returns a button for each thing that a text, in the editor's words, asks for. */
export function buttonsFor(text: string): Button[] {
  const found: Button[] = [];
  for (const [pattern, make] of ASKED) {
    const match = pattern.exec(text);
    if (!match) continue;
    const button = make(match);
    const again = found.some(({ command, args }) => command === button.command && args?.[0] === button.args?.[0]);
    if (!again) found.push(button);
  }
  return found;
}

/** Returns a share in whole percents. */
export function percentage(share: number): string {
  return `${Math.round(100 * share)} %`;
}
