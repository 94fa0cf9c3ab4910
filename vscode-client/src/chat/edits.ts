/** Proposed edits of the server: what they would change, and having them applied or taken back. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import * as tools from '../toolProtocol.js';
import type { EditAction, ShownChange } from './messages.js';

/** Characters of one side of a hunk that the page is given. */
const MAX_SIDE = 8_000;

/** Returns the changes as the page is given them: bounded, without the whole texts. */
export function shownChanges(changes: readonly tools.ChatFileChange[]): ShownChange[] {
  return changes.map(({ edit, hunks, reason }) => ({
    edit,
    reason,
    hunks: hunks.map((hunk) => ({ ...hunk, before: hunk.before.slice(0, MAX_SIDE), after: hunk.after.slice(0, MAX_SIDE) })),
  }));
}

/** Does it, and tells how edits stand then, before files are saved. Rejects with a sentence. */
export async function edited(client: LanguageClient, session: string, asked: EditAction, tell: (made: tools.ChatEdits) => void): Promise<void> {
  const unsaved = new Set(dirty().map(({ uri }) => uri.toString()));
  const made = await request(client, session, asked);
  // At once: a save takes its time, and edits may stand otherwise after it.
  tell(made);
  const changed = made.edits.filter(({ id, checkpoint }) =>
    asked.kind === 'apply' ? asked.edits.includes(id) : asked.kind === 'restoreCheckpoint' && checkpoint === asked.checkpoint,
  );
  await saveOthers(unsaved, changed.map(({ uri }) => uri));
}

function request(client: LanguageClient, session: string, asked: EditAction): Promise<tools.ChatEdits> {
  switch (asked.kind) {
    case 'apply':
      return client.sendRequest(tools.CHAT_APPLY, { session, edits: asked.edits, hunks: asked.hunks });
    case 'refuse':
      return client.sendRequest(tools.CHAT_REFUSE, { session, edits: asked.edits });
    case 'restoreCheckpoint': {
      const { checkpoint, force } = asked;
      return client.sendRequest(tools.CHAT_RESTORE_CHECKPOINT, { session, checkpoint, ...(force ? { force } : {}) });
    }
  }
}

function dirty(): vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty);
}

/** Saves the files that had nothing unsaved before: tests and other programs read them from the disk. */
async function saveOthers(unsaved: ReadonlySet<string>, uris: readonly string[]): Promise<void> {
  const changed = new Set(uris.map((uri) => vscode.Uri.parse(uri, true).toString()));
  for (const document of dirty()) {
    const uri = document.uri.toString();
    if (changed.has(uri) && !unsaved.has(uri)) await document.save();
  }
}
