/** Commands of the chat. */

import * as vscode from 'vscode';

import { forEditor } from '../wording.js';
import type { ChatView } from './view.js';

/** Returns the commands by their names. What cannot be done is said in a message. */
export function chatCommands(chat: ChatView): Record<string, (given?: unknown) => unknown> {
  return {
    openChat: told(() => chat.show({ kind: 'show', part: 'composer' })),
    newChat: told(() => chat.run({ kind: 'open', session: '' })),
    chatSessions: told(() => chat.show({ kind: 'show', part: 'sessions' })),
    addToChat: told(() => chat.mention()),
    stopAnswer: told(() => chat.run({ kind: 'stop' })),
    compactChat: told(() => chat.run({ kind: 'compact' })),
    applyProposal: told((given) => chat.proposals.accept(given)),
    discardProposal: told((given) => chat.proposals.discard(given)),
  };
}

function told(run: (given: unknown) => Promise<void>): (given?: unknown) => Promise<void> {
  return async (given) => {
    try {
      await run(given);
    } catch (error) {
      void vscode.window.showErrorMessage(forEditor((error as Error).message));
    }
  };
}
