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

/** Does it, and returns how edits stand then. Rejects with a sentence. */
export async function edited(client: LanguageClient, session: string, asked: EditAction): Promise<tools.ChatEdits> {
  const unsaved = new Set(dirty().map(({ uri }) => uri.toString()));
  switch (asked.kind) {
    case 'apply': {
      const { edits, hunks } = asked;
      const made = await client.sendRequest(tools.CHAT_APPLY, { session, edits, hunks });
      await saveOthers(unsaved, made.edits.filter(({ id }) => edits.includes(id)).map(({ uri }) => uri));
      return made;
    }
    case 'refuse':
      return client.sendRequest(tools.CHAT_REFUSE, { session, edits: asked.edits });
    case 'restoreCheckpoint': {
      const { checkpoint, force } = asked;
      const made = await client.sendRequest(tools.CHAT_RESTORE_CHECKPOINT, { session, checkpoint, ...(force ? { force } : {}) });
      await saveOthers(unsaved, made.edits.filter((edit) => edit.checkpoint === checkpoint).map(({ uri }) => uri));
      return made;
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
