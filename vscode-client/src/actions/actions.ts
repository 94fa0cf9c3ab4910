/** Code actions: what the light bulb's entries and the commands do. */

import * as vscode from 'vscode';

import { ACTION_QUESTION, type ActionArguments } from '../actionProtocol.js';
import type { ChatView } from '../chat/view.js';
import type { Server } from '../server.js';
import { CommitMessages } from './commitMessage.js';
import { Edits } from './edits.js';
import { InlineEdits } from './inline.js';
import { askInstruction, rangeOf } from './instruction.js';
import { Preview } from './preview.js';
import { Reviews } from './review.js';
import { shownWhile, told } from './running.js';
import { Threads } from './threads.js';

const EXPLAIN = 'explain.code';
const INSTRUCT = 'refactor.instruct';

export class Actions implements vscode.Disposable {
  private readonly edits: Edits;
  private readonly threads = new Threads();
  private readonly preview: Preview;
  readonly inline: InlineEdits;
  readonly reviews: Reviews;
  readonly messages: CommitMessages;

  constructor(
    server: Server,
    private readonly chat: ChatView,
  ) {
    this.edits = new Edits(server);
    this.inline = new InlineEdits(this.edits, this.threads);
    this.preview = new Preview(this.edits, chat.proposals, this.threads);
    this.reviews = new Reviews(this.edits);
    this.messages = new CommitMessages(this.edits);
  }

  dispose(): void {
    this.inline.dispose();
    this.preview.dispose();
    this.threads.dispose();
  }

  /** Runs an action that the light bulb offered. What cannot be done is said in a message. */
  readonly run = told(async (asked: ActionArguments) => {
    const { action, uri, range } = asked;
    if (action.startsWith('explain.')) await this.explain(asked);
    else if (action === 'review') await this.reviews.run({ uri, range, diff: '' });
    else await this.edit(asked);
  });

  /** Has the conversation explain it: what is said can be asked on. */
  private async explain({ uri, range, action, diagnostics }: Pick<ActionArguments, 'uri' | 'range' | 'action' | 'diagnostics'>): Promise<void> {
    await this.chat.ask(await this.edits.ask(ACTION_QUESTION, { uri, range, action, diagnostics }));
  }

  /** Explains what is selected, or what the cursor is on. */
  async explainSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) throw new Error('Open a file and put the cursor on what is to be explained.');
    await this.explain({ uri: editor.document.uri.toString(), range: rangeOf(editor.selection), action: EXPLAIN, diagnostics: [] });
  }

  /** Has an edit made, and shows it in a diff. Nothing is changed before that is accepted. */
  private async edit(asked: ActionArguments): Promise<void> {
    const instruction = asked.instruction || (asked.action === INSTRUCT ? await this.instruction(asked) : '');
    if (asked.action === INSTRUCT && !instruction) return;
    const made = await shownWhile('Ownstack edits', true, (token, hear) => this.edits.make({ ...asked, instruction }, token, hear));
    if (made) await this.preview.show(made);
  }

  private async instruction({ uri, range: { start, end } }: ActionArguments): Promise<string> {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri, true));
    return askInstruction(document, new vscode.Range(start.line, start.character, end.line, end.character));
  }
}
