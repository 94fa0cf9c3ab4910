/** Notes beside code, in the editor's own threads of comments: reached by keyboard, read aloud. */

import * as vscode from 'vscode';

export const CONTROLLER = 'ownstack.edits';

/** What the buttons of a thread go by; package.json names them. */
export type Kind = 'writing' | 'hunk' | 'checks';

export interface Note {
  /** What the thread is called: a screen reader says it. */
  label: string;
  parts: readonly Part[];
}

export interface Part {
  /** Beside who says it, such as "checks". */
  title: string;
  /** Markdown, in which what others wrote is in fences or escaped. */
  text: string;
}

export class Threads implements vscode.Disposable {
  private readonly controller = vscode.comments.createCommentController(CONTROLLER, 'Ownstack');

  dispose(): void {
    this.controller.dispose();
  }

  /** Puts a note below a line, from 0. */
  show(uri: vscode.Uri, line: number, kind: Kind, note: Note): vscode.CommentThread {
    // Begun without a comment: the editor would show its list of comments for the first one.
    const thread = this.controller.createCommentThread(uri, lineRange(line), []);
    thread.contextValue = kind;
    thread.canReply = false;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    renew(thread, note);
    return thread;
  }
}

export function renew(thread: vscode.CommentThread, { label, parts }: Note): void {
  thread.label = label;
  thread.comments = parts.map(({ title, text }) => ({
    body: untrusted(text),
    mode: vscode.CommentMode.Preview,
    author: { name: 'Ownstack' },
    label: title,
  }));
}

/** Moves a note below another line. */
export function move(thread: vscode.CommentThread, line: number): void {
  if (thread.range.end.line !== line) thread.range = lineRange(line);
}

function lineRange(line: number): vscode.Range {
  return new vscode.Range(line, 0, line, 0);
}

function untrusted(text: string): vscode.MarkdownString {
  const made = new vscode.MarkdownString(text, false);
  made.isTrusted = false;
  made.supportHtml = false;
  return made;
}
