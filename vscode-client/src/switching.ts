/** Turns completion on and off, and lets it hold off for a while. */

import * as vscode from 'vscode';

import type { Choices } from './choices.js';
import { isOn, languageOn, minutes, snoozeMinutes, switches, withLanguage, type Switches } from './settings.js';
import type { Button } from './wording.js';

export const SNOOZES = [5, 15, 60];

/** Changes what `Choices` and the user's settings say. */
export class Switching {
  constructor(private readonly choices: Choices) {}

  /** What counts now. */
  get current(): Switches {
    const editor = vscode.workspace.getConfiguration('editor').get('inlineSuggest.enabled') !== false;
    return switches(configuration(), editor, this.choices.current);
  }

  /** Turns it on or off for everything; here too, whatever was chosen for this workspace. */
  async toggle(): Promise<void> {
    const next = !isOn(this.current);
    if (inWorkspace('completion.enabled')) {
      await this.choices.set({ workspace: next });
      return;
    }
    await this.choices.set({ workspace: undefined });
    await configuration().update('completion.enabled', next ? undefined : false, vscode.ConfigurationTarget.Global);
  }

  async toggleWorkspace(): Promise<void> {
    const next = !isOn(this.current);
    await this.choices.set({ workspace: next === this.current.enabled ? undefined : next });
  }

  async toggleLanguage(): Promise<void> {
    const language = vscode.window.activeTextEditor?.document.languageId;
    if (!language) return;
    const next = !languageOn(this.current.languages, language);
    const chosen = this.choices.current.languages;
    if (inWorkspace('completion.languages')) {
      // A setting of the workspace would win over the user's; it is not ours to change.
      await this.choices.set({ languages: { ...chosen, [language]: next } });
      return;
    }
    if (language in chosen) {
      await this.choices.set({ languages: withLanguage(chosen, language, true) ?? {} });
    }
    const kept = configuration().inspect<Record<string, boolean>>('completion.languages')?.globalValue ?? {};
    const languages = withLanguage(kept, language, next);
    await configuration().update('completion.languages', languages, vscode.ConfigurationTarget.Global);
  }

  /** Lets suggestions hold off; asks for how long unless it is given. */
  async snooze(given?: number): Promise<void> {
    const length = given ?? (await askMinutes());
    if (!length) return;
    await this.choices.set({ snoozedUntil: Date.now() + length * 60_000 });
  }

  async endSnooze(): Promise<void> {
    await this.choices.set({ snoozedUntil: 0 });
  }

  /** Returns what makes suggestions come again in a document of this language. */
  wayOn(language: string): Button | undefined {
    const on = this.current;
    if (on.workspace === false) return { label: 'Turn On in This Workspace', command: 'ownstack.toggleWorkspace' };
    if (!isOn(on)) return { label: 'Turn On', command: 'ownstack.toggle' };
    if (snoozeMinutes(on)) return { label: 'End the Snooze', command: 'ownstack.endSnooze' };
    if (!languageOn(on.languages, language)) return { label: `Turn On for ${language}`, command: 'ownstack.toggleLanguage' };
    return undefined;
  }
}

async function askMinutes(): Promise<number | undefined> {
  const rows = SNOOZES.map((length) => ({ label: minutes(length), length }));
  const title = 'Snooze suggestions in this window for';
  return (await vscode.window.showQuickPick(rows, { title }))?.length;
}

function configuration(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('ownstack');
}

function inWorkspace(key: string): boolean {
  const found = configuration().inspect(key);
  return found?.workspaceValue !== undefined || found?.workspaceFolderValue !== undefined;
}
