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
    const thread = this.controller.createCommentThread(uri, lineRange(line), []);
    thread.contextValue = kind;
    thread.canReply = false;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    this.renew(thread, note);
    return thread;
  }

  renew(thread: vscode.CommentThread, note: Note): void {
    thread.label = note.label;
    thread.comments = note.parts.map(comment);
  }

  end(thread: vscode.CommentThread): void {
    thread.dispose();
  }
}

function comment({ title, text }: Part): vscode.Comment {
  return {
    body: untrusted(text),
    mode: vscode.CommentMode.Preview,
    author: { name: 'Ownstack' },
    ...(title ? { label: title } : {}),
  };
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
