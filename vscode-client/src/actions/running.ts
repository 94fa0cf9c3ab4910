/** Work that takes a while: shown, told aloud, and ended by whoever waits for it. */

import * as vscode from 'vscode';

import type { EditProgressed } from '../actionProtocol.js';
import { tell } from '../telling.js';
import { buttonsFor, forEditor } from '../wording.js';
import { stageWords } from './markdown.js';

/**
 * Shows how far something is: as a message with a button that ends it, else in the status bar.
 *
 * Resolves to null if it was ended so.
 */
export async function shownWhile<T>(
  title: string,
  asMessage: boolean,
  run: (token: vscode.CancellationToken, hear: (progress: EditProgressed) => void) => Promise<T>,
): Promise<T | null> {
  const location = asMessage ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window;
  return vscode.window.withProgress({ location, title, cancellable: asMessage }, async (progress, token) => {
    let said = '';
    try {
      return await run(token, (now) => {
        // A screen reader says each message: the same words are not told again.
        const words = stageWords(now);
        if (words !== said) progress.report({ message: words });
        said = words;
      });
    } catch (error) {
      if (token.isCancellationRequested) return null;
      throw error;
    }
  });
}

/** Returns a command that says in a message why it could not be done. */
export function told<T extends unknown[]>(run: (...given: T) => Promise<void>): (...given: T) => Promise<void> {
  return async (...given) => {
    try {
      await run(...given);
    } catch (error) {
      const words = forEditor(error instanceof Error ? error.message : String(error));
      void tell('error', words, buttonsFor(words));
    }
  };
}
